// SPDX-License-Identifier: Apache-2.0
// Finds the secrets of a recipe, and says where they must not be.
#include "planner/secrets.hpp"

#include "diagnostic/codes/launch.hpp"
#include "slurm_text/variable_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cctype>

namespace recipe::planner {
namespace {

using config::Value;
using secret::Secret;

constexpr std::string_view git_token = "git.token";

std::string_view last_part(std::string_view key) {
    return key.substr(key.rfind('.') + 1);
}

// --- messages to the user -----------------------------------------------------------------------------------------

/// One that no interpolation has brought, and that the job around this step has not said.
bool is_written_out(const Value& resolved, const Value& unresolved, const Secret& secret) {
    const Value* before = unresolved.at(secret.key);
    const Value* after = resolved.at(secret.key);
    if (before == nullptr || before->as_string() == nullptr || before->as_string()->contains("${")) return false;
    return after == nullptr || after->position().source().name != inherited_name;
}

bool is_typed(const Composition& composition, const Secret& secret) {
    return std::ranges::any_of(composition.resolved.overrides, [&](const config::AppliedOverride& applied) {
        const bool typed = applied.index < composition.overrides.size() &&
                           composition.overrides[applied.index].level == Level::command_line;
        return typed && (secret.key == applied.key || secret.key.starts_with(applied.key + '.'));
    });
}

std::string better_way(const Value& root, std::string_view key) {
    if (key == git_token) return "--recipe-set=++git.token_file=FILE";
    std::string variable(last_part(key));
    std::ranges::transform(variable, variable.begin(), [](unsigned char c) {
        return std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
    });
    return fmt::format("--recipe-set='++{}=${{oc.env:{}}}'", config::typed_key(root, key), variable);
}

void warn_of_literals(const SubmitRequest& request, const Composition& composition, Diagnostics& diagnostics) {
    const Value unresolved = unresolved_root(request, composition);
    std::vector<std::string> keys;
    std::vector<std::string> ways;
    bool typed = false;
    for (const Secret& secret : composition.secrets) {
        if (!is_written_out(composition.root(), unresolved, secret)) continue;
        keys.push_back(config::typed_key(composition.root(), secret.key));
        ways.push_back(better_way(composition.root(), secret.key));
        typed = typed || is_typed(composition, secret);
    }
    if (keys.empty()) return;
    diagnostics.push_back(
        {.code = codes::secret.literal,
         .key = keys.front(),
         .message = fmt::format(
             "{} {} written out. The job's plan does not hold {}: a file does that only you can read. {}, or the name "
             "of a variable of your environment, keeps {} out of recipes and commands{}",
             fmt::join(keys, ", "), keys.size() == 1 ? "is a secret that is" : "are secrets that are",
             keys.size() == 1 ? "it" : "them", "git.token_file for git.token", keys.size() == 1 ? "it" : "them",
             typed ? "; what is typed on a command line, everybody on this host sees in ps" : ""),
         .fix = fmt::format("{}", fmt::join(ways, " "))});
}

// --- the plan ------------------------------------------------------------------------------------------------------

/// "${oc.env:NAME}", which says nothing of the value.
bool names_a_variable(std::string_view text) {
    constexpr std::string_view before = "${oc.env:";
    while (text.size() > 1 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
        text = text.substr(1, text.size() - 2);
    if (!text.starts_with(before) || !text.ends_with('}')) return false;
    text = text.substr(before.size(), text.size() - before.size() - 1);
    return slurm_text::is_variable_name(text);
}

/// Texts that slurmctld or Slurm's commands act upon, and what they are called.
std::vector<std::pair<std::string, std::string>> visible_texts(const Draft& draft) {
    const plan::Entry& entry = draft.job.program.entry;
    std::vector<std::pair<std::string, std::string>> texts{{"the job's name", draft.job.resources.job_name},
                                                           {"the results directory", draft.job.results_dir},
                                                           {"the entry script", entry.program},
                                                           {"the entry module", entry.module},
                                                           {"the directory of the entry script", entry.directory}};
    for (const std::string& directory : draft.written_directories) texts.emplace_back("an output directory", directory);
    if (draft.container) {
        texts.emplace_back("the container image", draft.container->image);
        for (const plan::Mount& mount : draft.container->mounts)
            texts.emplace_back("a mount of the container", mount.source + mount.target);
        texts.emplace_back("the container's working directory", draft.container->workdir.value_or(""));
    }
    for (const std::string& argument : draft.srun_arguments) texts.emplace_back("cluster.srun_args", argument);
    if (const auto& code = draft.job.program.code) {
        texts.emplace_back("the code's address", code->url);
        texts.emplace_back("the code's branch", code->branch.value_or(""));
    }
    for (const OptionToSet& option : draft.options)
        texts.emplace_back(fmt::format("the option --{}", option.name), option.value);
    return texts;
}

void refuse_visible(const Composition& composition, const Draft& draft, Diagnostics& diagnostics) {
    const auto texts = visible_texts(draft);
    for (const Secret& secret : composition.secrets) {
        if (secret.value.size() < secret::shortest_copy) continue;
        const auto found =
            std::ranges::find_if(texts, [&](const auto& named) { return named.second.contains(secret.value); });
        if (found == texts.end()) continue;
        const std::string key = config::typed_key(composition.root(), secret.key);
        diagnostics.push_back(
            {.code = codes::secret.visible,
             .key = key,
             .message = fmt::format("{} has the value of {} in it, where everybody can read it", found->first, key),
             .fix = "use another text there, or a secret that is no word of a path"});
    }
}

}  // namespace

Diagnostics check_secrets(const SubmitRequest& request, const Composition& composition, const Draft& draft) {
    Diagnostics diagnostics;
    if (composition.secrets.empty()) return diagnostics;
    warn_of_literals(request, composition, diagnostics);
    refuse_visible(composition, draft, diagnostics);
    return diagnostics;
}

bool says_secret(const Composition& composition, std::size_t index, std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || secret::is_placeholder(text.substr(equals + 1)) ||
        names_a_variable(text.substr(equals + 1)))
        return false;
    const auto is_secret = [&](const std::string& key) {
        return secret::is_secret_name(last_part(key)) ||
               std::ranges::any_of(composition.secrets, [&](const Secret& secret) {
                   return !secret.in_url && (secret.key == key || secret.key.starts_with(key + '.'));
               });
    };
    return std::ranges::any_of(composition.resolved.overrides,
                               [&](const config::AppliedOverride& applied) {
                                   return applied.index == index && is_secret(applied.key);
                               }) ||
           secret::redacted_command_line(text) != text;
}

std::vector<std::string> typed_secrets(const Composition& composition) {
    std::vector<std::string> texts = secret::values_of(composition.secrets);
    for (std::size_t i = 0; i < composition.overrides.size(); ++i) {
        const std::string& text = composition.overrides[i].override.text;
        if (!says_secret(composition, i, text)) continue;
        std::string value = text.substr(text.find('=') + 1);
        if (std::ranges::count(texts, value) == 0) texts.push_back(std::move(value));
    }
    return texts;
}

std::optional<SecretFile> git_token_file(const SubmitRequest& request, const Composition& composition,
                                         const Draft& draft, Diagnostics& diagnostics) {
    const std::optional<plan::Code>& code = draft.job.program.code;
    if (!code) return std::nullopt;
    const Value* named = composition.root().at("git.token_file");
    if (named != nullptr && !named->is_null()) return std::nullopt;
    const auto token = std::ranges::find(composition.secrets, git_token, &Secret::key);
    if (token == composition.secrets.end()) return std::nullopt;
    if (code->url.starts_with("http://"))
        diagnostics.push_back(
            {.code = codes::launch.code_token,
             .key = std::string(git_token),
             .message = fmt::format("the token goes to {} in clear", code->url),
             .fix = fmt::format("--recipe-set=git.repo_url_or_path=https://{}", code->url.substr(7))});
    return SecretFile{.path = request.secrets_file + std::string(secret::git_ending), .text = token->value + '\n'};
}

}  // namespace recipe::planner
