// SPDX-License-Identifier: Apache-2.0
// Makes a request of a case, submits it, and writes down all that comes of it.
#include "cases_as_text.hpp"

#include "catch.hpp"
#include "config/collection_fixture.hpp"
#include "memory/memory.hpp"
#include "planner/composition.hpp"
#include "planner/container/hosts.hpp"
#include "planner/planner.hpp"
#include "planner/submitting.hpp"
#include "render/render.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <array>
#include <sstream>

namespace recipe::outcomes {
namespace {

using planner::Level;
using planner::Tool;
using storage::Content;
using Thing = test::MadeUpHost::Thing;

constexpr double MiB = 1024.0 * 1024.0;
constexpr std::size_t shown_of_secrets = 200;  // bytes
constexpr const char* home = "/outcomes/me";   // below a directory that no machine has

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    if (what.empty()) return;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
}

std::map<std::string, Thing> things_of_a_cluster() {
    const auto file = [](Content content) { return Thing{.content = content}; };
    return {{"/dev/shm", {.type = "tmpfs", .device = 2}},
            {"/etc", {.type = "ext4", .device = 3}},
            {"/outcomes-scratch", {.type = "xfs", .device = 4}},
            {site::data_directory().string(), {}},
            {"/outcomes", {}},
            {"/outcomes/me", {}},
            {"/outcomes/data", {}},
            {"/outcomes/models", {}},
            {"/outcomes/full", {.device = 5, .free_bytes = 1e9}},
            {"/outcomes/denied", {.device = 6, .write_error = EACCES}},
            {"/outcomes/read-only", {.device = 7, .write_error = EROFS}},
            {"/outcomes/images", {}},
            {"/outcomes/images/train.sqsh", file(Content::squashfs)},
            {"/outcomes/images/train.sif", file(Content::singularity)},
            {"/outcomes/images/hidden.sqsh", file(Content::unreadable)},
            {"/outcomes/images/text.sqsh", file(Content::other)}};
}

Thing thing_named(std::string type) {
    Thing thing;
    if (const std::size_t mark = type.find('!'); mark != std::string::npos) {
        thing.write_error = std::stoi(type.substr(mark + 1));
        type.resize(mark);
    }
    constexpr std::array contents{std::pair{"squashfs", Content::squashfs},
                                  std::pair{"singularity", Content::singularity},
                                  std::pair{"unreadable", Content::unreadable}, std::pair{"other", Content::other}};
    for (const auto& [name, content] : contents)
        if (type == name) thing.content = content;
    if (thing.content == Content::directory) thing.type = type;
    thing.device = std::hash<std::string>{}(type) | 64U;
    return thing;
}

/// A case's request, and the files that it needs.
class Request {
public:
    explicit Request(const Case& one) : request_(test::Submitting("").request()), things_(things_of_a_cluster()) {
        request_.collections = {source_file("tests/unit/outcomes/collection")};
        request_.environment["PWD"] = home;
        request_.working_directory = home;
        request_.secrets_file = fmt::format("{}/.local/state/slurm-recipe/secrets/{:032}", home, 7);
        request_.references_label = "label";
        for (const auto& [word, value] : one.request) {
            INFO(one.title << ": " << word);
            take(word, value);
        }
        request_.host = test::MadeUpHost{things_}.host();
        read_site();
    }

    [[nodiscard]] const planner::SubmitRequest& request() const { return request_; }
    [[nodiscard]] const Diagnostics& site_problems() const { return site_problems_; }
    [[nodiscard]] bool shows(std::string_view what) const { return std::ranges::count(shown_, what) > 0; }

    /// What depends on where the project lies has a name instead.
    [[nodiscard]] std::string portable(std::string text) const {
        if (files_) replace_all(text, files_->directory().string(), "SITE");
        replace_all(text, site::data_directory().string(), "INSTALLED");
        replace_all(text, source_file("tests/unit/outcomes"), "OUTCOMES");
        replace_all(text, source_file(""), "SOURCE");
        return text;
    }

private:
    void take(const std::string& word, const std::string& value) {
        if (word == "recipe") {
            request_.recipe = value;
            replace_all(request_.recipe, "OUTCOMES", source_file("tests/unit/outcomes"));
        } else if (word == "say") {
            request_.sets.push_back({.text = value});
        } else if (word == "inherited") {
            request_.inherited_overrides.push_back(value);
        } else if (word == "show") {
            shown_ = words_of(value);
        } else if (word == "tool") {
            take_tool(value);
        } else if (word == "site" || word == "hardware" || word == "families") {
            texts_[word] += value + '\n';
        } else if (word.ends_with("set")) {
            for (std::string& text : words_of(value)) request_.sets.push_back({std::move(text), level_of(word)});
        } else {
            for (const std::string& text : words_of(value)) {
                const std::size_t equals = text.find('=');
                const bool bare = equals == std::string::npos;
                take_pair(word, text.substr(0, equals), bare ? std::string() : text.substr(equals + 1));
            }
        }
    }

    static Level level_of(const std::string& word) {
        return word.starts_with("script")        ? Level::script
               : word.starts_with("environment") ? Level::environment
                                                 : Level::command_line;
    }

    void take_tool(const std::string& name) {
        constexpr std::array tools{std::pair{"sbatch", Tool::sbatch}, std::pair{"salloc", Tool::salloc},
                                   std::pair{"srun", Tool::srun}, std::pair{"srun_in_job", Tool::srun_in_job}};
        const auto* const tool = std::ranges::find_if(tools, [&](const auto& known) { return known.first == name; });
        REQUIRE(tool != tools.end());
        request_.tool = tool->second;
    }

    void take_pair(const std::string& word, const std::string& name, const std::string& value) {
        if (word == "env") {
            request_.environment[name] = value;
        } else if (word == "host") {
            things_[name] = thing_named(value);
        } else if (word.ends_with("option")) {
            const Level level = level_of(word);
            const char* before = level == Level::script ? "#SBATCH --" : level == Level::environment ? "SBATCH_" : "--";
            request_.options.push_back({name, value, level, fmt::format("{}{}={}", before, name, value)});
        } else {
            REQUIRE(word == "how");
            take_circumstance(name, value);
        }
    }

    void take_circumstance(const std::string& name, const std::string& value) {
        if (name == "gpus")
            request_.cluster_has_gpus = true;
        else if (name == "no_pyxis")
            request_.has_pyxis = false;
        else if (name == "pyxis")
            request_.has_pyxis = true;
        else if (name == "force")
            request_.force = true;
        else if (name == "no_script")
            request_.needs_entry = true;
        else if (name == "allocated")
            request_.allocated_nodes = std::stoll(value);
        else if (name == "sent_to")
            request_.other_clusters = value;
        else if (name == "named_by")
            request_.default_of = value;
        else if (name == "shadows")
            request_.shadowed_recipe = value;
        else
            FAIL("no circumstance is called " << name);
    }

    void read_site() {
        site::Settings settings;
        if (!texts_.empty()) files_.emplace();
        for (const auto& [name, text] : texts_) files_->write(name + ".yaml", text);
        if (texts_.contains("site")) {
            auto read = site::load(files_->directory() / "site.yaml");
            if (read)
                settings = std::move(*read);
            else
                site_problems_ = std::move(read.error());
        }
        if (texts_.contains("hardware")) settings.hardware_files.push_back(files_->directory() / "hardware.yaml");
        if (texts_.contains("families")) settings.family_files.push_back(files_->directory() / "families.yaml");
        request_.settings = std::make_shared<const site::Settings>(std::move(settings));
    }

    planner::SubmitRequest request_;
    std::map<std::string, Thing> things_;
    std::map<std::string, std::string> texts_;
    std::vector<std::string> shown_;
    Diagnostics site_problems_;
    std::optional<config::CollectionFixture> files_;  // that the case has lines for
};

class Lines {
public:
    explicit Lines(const Request& request) : request_(request) {}

    void add(std::string_view text) {
        std::istringstream stream(request_.portable(std::string(text)));
        for (std::string line; std::getline(stream, line);) lines_.push_back(line);
    }

    /// One leaf a line, by its path.
    void add_leaves(const config::Value& value, const std::string& path) {
        const auto child = [&](const std::string& name) { return path.empty() ? name : path + '.' + name; };
        if (value.is_map() && value.size() > 0) {
            for (const config::Entry& entry : value.entries())
                add_leaves(entry.value, child(config::to_python_text(entry.key)));
        } else if (value.is_list() && value.size() > 0) {
            std::size_t index = 0;
            for (const config::Value& item : value.items()) add_leaves(item, child(std::to_string(index++)));
        } else {
            add(fmt::format("{} = {}", path, config::to_json(value)));
        }
    }

    std::vector<std::string> take() { return std::move(lines_); }

private:
    const Request& request_;
    std::vector<std::string> lines_;
};

std::string mib(double bytes) {
    return fmt::format("{:.1f}", bytes / MiB);
}

void add_fit(Lines& lines, const Request& request) {
    const auto composition = planner::compose(request.request());
    if (!composition) return;
    const memory::Assessment a = memory::assess(composition->root(), composition->catalogue, composition->families);
    std::string first = fmt::format("fit: {} on {}", a.family->name, a.instance != nullptr ? a.instance->name : "?");
    if (a.prediction)
        first += fmt::format(": {}, {} MiB of {} at {}, band {} to {}, outside {}", memory::to_string(a.verdict),
                             mib(a.prediction->peak_bytes), mib(a.usable_bytes), a.prediction->peak_moment().name,
                             mib(a.prediction->low_bytes), mib(a.prediction->high_bytes), mib(a.outside_bytes));
    lines.add(first);
    for (const std::string& unknown : a.unknown) lines.add("not known: " + unknown);
    if (!a.prediction) return;
    const memory::Workload& w = a.workload;
    lines.add(fmt::format("degrees: replicate {} shard {} tensor {} context {} expert {} pipeline {} virtual {}",
                          w.replicate, w.shard, w.tensor, w.context, w.expert, w.pipeline, w.virtual_pipeline));
    for (const memory::Moment& moment : a.prediction->moments) {
        std::string line = fmt::format("{} {}:", moment.name, mib(moment.total()));
        for (const memory::Part& part : moment.parts)
            if (part.bytes != 0) line += fmt::format(" {} {}", part.name, mib(part.bytes));
        lines.add(line);
    }
    for (const memory::Suggestion& s : a.suggestions)
        lines.add(
            fmt::format("or {}: {} MiB, {}", fmt::join(s.set, " "), mib(s.peak_bytes), memory::to_string(s.verdict)));
    for (const Diagnostic& diagnostic : a.diagnostics)
        lines.add(fmt::format("fit says {}: {}", diagnostic.code.name(), diagnostic.message));
}

/// A plan has its mounts in the order of their targets, where the project lies being one of them: here in that of the
/// targets as they are shown.
void order_mounts(config::Value& plan, const Request& request) {
    config::Value* const container = plan.find_mutable("container");
    config::Value* const mounts = container == nullptr ? nullptr : container->find_mutable("mounts");
    if (mounts == nullptr || !mounts->is_list()) return;
    std::ranges::sort(mounts->items_mutable(), {},
                      [&](const config::Value& mount) { return request.portable(*mount.at("target")->as_string()); });
}

void add_submission(Lines& lines, const Request& request, const planner::Submission& submission) {
    std::string options = "sets";
    for (const planner::OptionToSet& option : submission.options)
        options += fmt::format(" --{}={}", option.name, option.value);
    lines.add(options);
    for (const planner::SecretFile& file : submission.secret_files)
        lines.add(fmt::format("writes {}, {} bytes: {}", file.path, file.text.size(),
                              std::string_view(file.text).substr(0, shown_of_secrets)));
    if (submission.plan.configuration_file)
        lines.add(fmt::format("writes {}, {} bytes, for a plan of {}", submission.plan.configuration_file->path,
                              submission.configuration.size(), submission.plan_json.size()));
    const bool all = request.shows("config");
    if (!all && !request.shows("plan")) return;
    auto plan = config::from_json(submission.plan_json, plan::max_bytes);
    REQUIRE(plan);
    if (!all) plan->erase("config");
    order_mounts(*plan, request);
    lines.add_leaves(*plan, {});
}

}  // namespace

std::vector<std::string> outcome_of(const Case& one) {
    const Request request(one);
    Lines lines(request);
    if (!request.site_problems().empty()) {
        lines.add(render::text(request.site_problems(), false));
        return lines.take();
    }
    const planner::Outcome outcome = planner::prepare(request.request());
    lines.add(render::text(outcome.diagnostics, false));
    if (request.shows("json")) lines.add_leaves(render::diagnostics_json(outcome.diagnostics), "json");
    if (request.shows("fit")) add_fit(lines, request);
    if (outcome.submission) add_submission(lines, request, *outcome.submission);
    return lines.take();
}

}  // namespace recipe::outcomes
