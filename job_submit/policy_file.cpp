// SPDX-License-Identifier: Apache-2.0
// Writes the last good policy, and reads it back.
#include "policy_file.hpp"

#include "diagnostic/codes/tools.hpp"
#include "storage/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace recipe::job_submit {
namespace {

using config::Value;

constexpr std::int64_t version = 1;
constexpr std::size_t largest = 8 * 1024 * 1024;  // twice the largest site file
constexpr int deepest = 8;

Value key(std::string name) {
    return Value::string(std::move(name));
}

Value list_of(const std::vector<std::string>& names) {
    Value list = Value::list();
    for (const std::string& name : names) list.push_back(Value::string(name));
    return list;
}

Value policy_of(const site::Policy& policy) {
    Value map = Value::map();
    map.set(key("require_recipe"), list_of(policy.require_recipe));
    map.set(key("instance_types"), list_of(policy.instance_types));
    Value most = Value::map();
    for (const auto& [pattern, nodes] : policy.max_nodes) most.set(key(pattern), Value::integer(nodes));
    map.set(key("max_nodes"), std::move(most));
    Value partitions = Value::map();
    for (const auto& [type, partition] : policy.default_partition) partitions.set(key(type), Value::string(partition));
    map.set(key("default_partition"), std::move(partitions));
    map.set(key("operators"), list_of(policy.operators));
    return map;
}

Value severities_of(const Severities& severities) {
    Value map = Value::map();
    for (const auto& [code, severity] : severities)
        map.set(key(code), Value::string(severity ? std::string(to_string(*severity)) : "off"));
    return map;
}

/// A part of the text, as the site file would have it.
Expected<site::Settings> part(const Value& document, const std::string& name) {
    Value map = Value::map();
    if (const Value* value = document.find(name)) map.set(key(name), *value);
    return site::settings_of(map);
}

std::unexpected<Diagnostics> wrong(std::string message) {
    return refuse({.code = codes::site.file, .message = std::move(message)});
}

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) close(number);
    }
};

std::unexpected<Diagnostics> failed(const std::filesystem::path& file, std::string_view what, int error) {
    return refuse({.code = codes::site.file,
                   .source = {.name = file.string()},
                   .message = fmt::format("{}: {}", what, std::generic_category().message(error))});
}

/// At most one byte more than is taken; nothing where reading fails.
std::optional<std::string> read_all(int descriptor) {
    std::string text;
    char block[64 * 1024];
    while (text.size() <= largest) {
        const ssize_t count = read(descriptor, block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::nullopt;
        if (count == 0) break;
        text.append(block, static_cast<std::size_t>(count));
    }
    return text;
}

void sync_directory(const std::filesystem::path& directory) {
    const Descriptor opened{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened.number >= 0) fsync(opened.number);
}

}  // namespace

std::string to_text(const KeptPolicy& kept) {
    Value document = Value::map();
    document.set(key("version"), Value::integer(version));
    document.set(key("policy"), policy_of(kept.policy));
    document.set(key("severities"), severities_of(kept.severities));
    return config::to_json(document) + '\n';
}

Expected<KeptPolicy> from_text(std::string_view text) {
    const Expected<Value> document = config::from_json(text, largest, deepest);
    if (!document) return std::unexpected(document.error());
    const Value* found = document->find("version");
    if (found == nullptr || found->as_int() != version)
        return wrong(fmt::format("this is no policy of version {}, the only one that is read", version));
    const Value* policy = document->find("policy");
    if (policy == nullptr || !policy->is_map() || document->find("severities") == nullptr || document->size() != 3)
        return wrong("a kept policy has version, policy and severities");
    const Expected<site::Settings> rules = part(*document, "policy");
    if (!rules) return std::unexpected(rules.error());
    const Expected<site::Settings> severities = part(*document, "severities");
    if (!severities) return std::unexpected(severities.error());
    return KeptPolicy{.policy = rules->policy, .severities = severities->severities};
}

Expected<std::optional<KeptPolicy>> PolicyFile::load() const {
    const Descriptor opened{open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)};
    if (opened.number < 0) {
        if (errno == ENOENT) return std::nullopt;
        return failed(file_, "the kept policy cannot be read", errno);
    }
    struct stat status{};
    if (fstat(opened.number, &status) != 0) return failed(file_, "the kept policy cannot be read", errno);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse({.code = codes::site.file,
                       .source = {.name = file_.string()},
                       .message = fmt::format("the kept policy is not used: it is no file of uid {} that others "
                                              "cannot write to",
                                              geteuid())});
    const std::optional<std::string> text = read_all(opened.number);
    if (!text) return failed(file_, "the kept policy cannot be read", errno);
    Expected<KeptPolicy> kept = from_text(*text);
    if (kept) return std::move(*kept);
    for (Diagnostic& problem : kept.error()) problem.source = {.name = file_.string()};
    return std::unexpected(std::move(kept.error()));
}

Expected<void> PolicyFile::save(const KeptPolicy& kept) const {
    if (const auto there = load(); there && *there == kept) return {};
    // Two slurmctld may do this at once, of which neither is to rename what the other has begun.
    std::string unfinished = file_.string() + ".XXXXXX";
    const Descriptor made{mkostemp(unfinished.data(), O_CLOEXEC)};
    if (made.number < 0) return failed(file_, "the policy cannot be kept", errno);
    if (!storage::write_all(made.number, to_text(kept)) || fsync(made.number) != 0 ||
        rename(unfinished.c_str(), file_.c_str()) != 0) {
        const int error = errno;
        unlink(unfinished.c_str());
        return failed(file_, "the policy cannot be kept", error);
    }
    sync_directory(file_.parent_path());
    return {};
}

}  // namespace recipe::job_submit
