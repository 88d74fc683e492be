// SPDX-License-Identifier: Apache-2.0
// Takes a recipe's secrets out of its plan.
#include "planner/secrets.hpp"

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
constexpr std::string_view git_token_file = "git.token_file";

std::string_view last_part(std::string_view key) {
    return key.substr(key.rfind('.') + 1);
}

/// As a user types it.
std::string_view typed_key(std::string_view key) {
    constexpr std::string_view root = "recipes.";
    return key.starts_with(root) ? key.substr(root.size()) : key;
}

// --- what the user is told -----------------------------------------------------------------------------------------

/// One that no interpolation has brought, and that the job around this step has not said.
bool is_written_out(const Value& resolved, const Value& unresolved, const Secret& secret) {
    const Value* before = unresolved.at(secret.key);
    const Value* after = resolved.at(secret.key);
    if (before == nullptr || before->as_string() == nullptr || before->as_string()->contains("${")) return false;
    return after == nullptr || after->position().source().name != inherited_name;
}

bool is_typed(const SecretSearch& search, const Secret& secret) {
    return std::ranges::any_of(search.resolved.overrides, [&](const config::AppliedOverride& applied) {
        const bool typed =
            applied.index < search.overrides.size() && search.overrides[applied.index].level == Level::command_line;
        return typed && (secret.key == applied.key || secret.key.starts_with(applied.key + '.'));
    });
}

std::string better_way(std::string_view key) {
    if (key == git_token) return "--recipe-set=++git.token_file=FILE";
    std::string variable(last_part(key));
    std::ranges::transform(variable, variable.begin(), [](unsigned char c) {
        return std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
    });
    return fmt::format("--recipe-set='++{}=${{oc.env:{}}}'", typed_key(key), variable);
}

void warn(const SecretSearch& search, Diagnostics& diagnostics) {
    const Value unresolved = search.unresolved();
    std::vector<std::string> keys;
    std::vector<std::string> ways;
    bool typed = false;
    for (const Secret& secret : search.secrets) {
        if (!is_written_out(search.resolved.root, unresolved, secret)) continue;
        keys.emplace_back(typed_key(secret.key));
        ways.push_back(better_way(secret.key));
        typed = typed || is_typed(search, secret);
    }
    if (keys.empty()) return;
    diagnostics.push_back(
        {.severity = Severity::warning,
         .code = "secret.literal",
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

/// "${oc.env:NAME}", which tells nothing.
bool names_a_variable(std::string_view text) {
    constexpr std::string_view before = "${oc.env:";
    while (text.size() > 1 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
        text = text.substr(1, text.size() - 2);
    if (!text.starts_with(before) || !text.ends_with('}')) return false;
    text = text.substr(before.size(), text.size() - before.size() - 1);
    return slurm_text::is_variable_name(text);
}

/// Whether an override says a secret: by the key that it reached, or by what it looks like.
bool says_secret(const SecretSearch& search, std::size_t index, const std::string& text) {
    const bool by_key = std::ranges::any_of(search.resolved.overrides, [&](const config::AppliedOverride& applied) {
        return applied.index == index && (secret::is_secret_name(last_part(applied.key)) ||
                                          std::ranges::any_of(search.secrets, [&](const Secret& secret) {
                                              return secret.key == applied.key ||
                                                     secret.key.starts_with(applied.key + '.');
                                          }));
    });
    return by_key || secret::redacted_command_line(text) != text;
}

void take_from_overrides(const SecretSearch& search, secret::References& references,
                         std::vector<std::string>& overrides) {
    for (std::size_t i = 0; i < overrides.size(); ++i) {
        std::string& text = overrides[i];
        const std::size_t equals = text.find('=');
        const std::string value = equals == std::string::npos ? std::string() : text.substr(equals + 1);
        if (!value.empty() && !names_a_variable(value) && says_secret(search, i, text))
            text = text.substr(0, equals + 1) + references.to(value);
        else
            text = references.in(text);
    }
}

void take_from(secret::References& references, std::vector<std::string>& texts) {
    for (std::string& text : texts) text = references.in(text);
}

void take_from_environment(secret::References& references, std::vector<plan::Variable>& variables) {
    for (plan::Variable& variable : variables) {
        const bool secret = secret::is_secret_name(variable.name) && !variable.value.empty();
        variable.value = secret ? references.to(variable.value) : references.in(variable.value);
    }
}

/// Texts of the plan that slurmctld or Slurm's commands act upon, and what they are called.
std::vector<std::pair<std::string, std::string>> visible_texts(const plan::LaunchPlan& plan,
                                                               const std::vector<OptionToSet>& options) {
    std::vector<std::pair<std::string, std::string>> texts{{"the job's name", plan.resources.job_name},
                                                           {"the results directory", plan.results_dir},
                                                           {"the entry script", plan.entry.program},
                                                           {"the entry module", plan.entry.module},
                                                           {"the directory of the entry script", plan.entry.directory}};
    for (const std::string& directory : plan.written_directories) texts.emplace_back("an output directory", directory);
    if (plan.container) {
        texts.emplace_back("the container image", plan.container->image);
        for (const plan::Mount& mount : plan.container->mounts)
            texts.emplace_back("a mount of the container", mount.source + mount.target);
        texts.emplace_back("the container's working directory", plan.container->workdir.value_or(""));
    }
    for (const std::string& argument : plan.srun_arguments) texts.emplace_back("cluster.srun_args", argument);
    if (plan.code) {
        texts.emplace_back("the code's address", plan.code->url);
        texts.emplace_back("the code's branch", plan.code->branch.value_or(""));
    }
    for (const OptionToSet& option : options)
        texts.emplace_back(fmt::format("the option --{}", option.name), option.value);
    return texts;
}

void refuse_visible(const std::vector<Secret>& secrets, const plan::LaunchPlan& plan,
                    const std::vector<OptionToSet>& options, Diagnostics& diagnostics) {
    const auto texts = visible_texts(plan, options);
    for (const Secret& secret : secrets) {
        if (secret.value.size() < secret::shortest_copy) continue;
        const auto found =
            std::ranges::find_if(texts, [&](const auto& named) { return named.second.contains(secret.value); });
        if (found == texts.end()) continue;
        diagnostics.push_back({.code = "secret.visible",
                               .key = std::string(typed_key(secret.key)),
                               .message = fmt::format("{} has the value of {} in it, where everybody can read it",
                                                      found->first, typed_key(secret.key)),
                               .fix = "use another text there, or a secret that is no word of a path"});
    }
}

/// What git gets by a file of its own, unless the recipe names one.
void take_git_token(const SecretSearch& search, plan::LaunchPlan& plan, std::vector<SecretFile>& files,
                    Diagnostics& diagnostics) {
    if (!plan.code) return;
    const Value* file = search.resolved.root.at(git_token_file);
    if (file != nullptr && !file->is_null()) return;
    const auto token = std::ranges::find(search.secrets, git_token, &Secret::key);
    if (token == search.secrets.end()) return;
    plan.code->token_file = search.request.secrets_file + std::string(secret::git_ending);
    files.push_back({.path = *plan.code->token_file, .text = token->value + '\n'});
    if (plan.code->url.starts_with("http://"))
        diagnostics.push_back(
            {.severity = Severity::warning,
             .code = "launch.code_token",
             .key = std::string(git_token),
             .message = fmt::format("the token goes to {} in clear", plan.code->url),
             .fix = fmt::format("--recipe-set=git.repo_url_or_path=https://{}", plan.code->url.substr(7))});
}

}  // namespace

std::vector<SecretFile> hide_secrets(const SecretSearch& search, const std::vector<OptionToSet>& options,
                                     plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    std::vector<SecretFile> files;
    if (!search.secrets.empty()) warn(search, diagnostics);
    refuse_visible(search.secrets, plan, options, diagnostics);

    secret::References references(secret::values_of(search.secrets), search.request.references_label);
    plan.config = references.in(plan.config);
    plan.digest = plan::digest_of(plan.config);
    take_from_environment(references, plan.environment);
    take_from(references, plan.entry.arguments);
    take_from(references, plan.setup);
    take_from(references, plan.srun_arguments);
    take_from_overrides(search, references, plan.overrides);
    take_git_token(search, plan, files, diagnostics);
    if (references.texts().empty() && files.empty()) return files;
    plan.secrets_file = search.request.secrets_file;
    Expected<std::string> text = secret::file_text(references.texts());
    if (text)
        files.push_back({.path = plan.secrets_file, .text = std::move(*text)});
    else
        append(diagnostics, std::move(text.error()));
    return files;
}

void redact(const std::vector<Secret>& secrets, Diagnostics& diagnostics) {
    const std::vector<std::string> values = secret::values_of(secrets);
    if (values.empty()) return;
    for (Diagnostic& diagnostic : diagnostics) {
        for (std::string* text :
             {&diagnostic.message, &diagnostic.fix, &diagnostic.source.excerpt, &diagnostic.source.name})
            *text = secret::redacted(*text, values);
        diagnostic.source.excerpt = secret::redacted_command_line(diagnostic.source.excerpt);
    }
}

}  // namespace recipe::planner
