// SPDX-License-Identifier: Apache-2.0
// Finds what a job without a script runs, and where its code comes from.
#include "planner/program/program.hpp"

#include "diagnostic/codes/launch.hpp"
#include "planner/program/entry_script.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <filesystem>

namespace recipe::planner {
namespace {

using config::Value;

/// A text of the configuration with the key that has it. Null and "" are none.
struct ConfiguredText {
    std::string key;
    std::string text;
    Source where;
};

Diagnostic fail(const ConfiguredText& said, DiagnosticCode code, std::string message, std::string fix = {}) {
    return {.code = code,
            .severity = Severity::error,
            .key = said.key,
            .source = said.where,
            .message = std::move(message),
            .fix = std::move(fix)};
}

/// "https://user:token@host/x" without what could be a secret.
std::string without_user(const std::string& url) {
    const std::size_t slashes = url.find("://");
    if (slashes == std::string::npos) return url;
    const std::size_t authority = slashes + 3;
    const std::size_t at = url.substr(authority, url.find('/', authority) - authority).rfind('@');
    if (at == std::string::npos) return url;
    return url.substr(0, authority) + "***" + url.substr(authority + at);
}

/// A scalar is one argument; a map stands for its keys followed by their values, as HyperPod's `script_args` has it.
Expected<std::vector<std::string>> arguments_of(const Value* list) {
    std::vector<std::string> arguments;
    if (list == nullptr || list->is_null()) return arguments;
    if (!list->is_list())
        return refuse({.code = codes::launch.arguments,
                       .source = list->position().source(),
                       .message = fmt::format("the entry script's arguments are {}; a list is expected",
                                              config::describe(list->kind()))});
    for (const Value& item : list->items()) {
        if (!item.is_map()) {
            arguments.push_back(config::to_python_text(item));
            continue;
        }
        for (const config::Entry& entry : item.entries()) {
            arguments.push_back(config::to_python_text(entry.key));
            if (!entry.value.is_null()) arguments.push_back(config::to_python_text(entry.value));
        }
    }
    return arguments;
}

bool is_module(std::string_view name) {
    const auto allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 1024 && name.front() != '.' && !name.ends_with('.') &&
           std::ranges::all_of(name, allowed);
}

/// One reading of one recipe.
class Reading {
public:
    Reading(const config::Resolved& resolved, const family::Family& family, bool runs_entry,
            const std::string& results_dir, Diagnostics& notes)
        : resolved_(resolved),
          root_(resolved.root),
          family_(family),
          runs_entry_(runs_entry),
          results_dir_(results_dir),
          notes_(notes) {}

    Expected<Program> read() {
        Program program;
        read_place(program);
        read_entry(program);
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        return program;
    }

private:
    std::optional<ConfiguredText> said(std::string_view key) {
        const Value* value = root_.at(key);
        if (value == nullptr || value->is_null()) return std::nullopt;
        ConfiguredText found{.key = std::string(key), .text = {}, .where = value->position().source()};
        // 1234567 is a commit as well; a float such as 12345e7 has lost its digits.
        if (value->is_string() || value->as_integer() != nullptr)
            found.text = config::to_python_text(*value);
        else
            refuse_value(found, fmt::format("{} is {}; a text is expected", key, config::describe(value->kind())));
        if (found.text.empty()) return std::nullopt;
        if (slurm_text::has_control(found.text)) refuse_value(found, fmt::format("{} has control characters", key));
        return found;
    }

    /// Once, however often the key is asked for.
    void refuse_value(const ConfiguredText& said, std::string message) {
        const bool reported = std::ranges::any_of(
            problems_, [&](const Diagnostic& d) { return d.code == codes::launch.code_value && d.key == said.key; });
        if (!reported)
            problems_.push_back(fail(said, codes::launch.code_value, std::move(message),
                                     fmt::format("--recipe-set={}=\"'…'\"", said.key)));
    }

    std::optional<ConfiguredText> first_said(std::initializer_list<std::string_view> keys) {
        for (const std::string_view key : keys)
            if (auto found = said(key)) return found;
        return std::nullopt;
    }

    /// The family's program counts where nothing else names one, and for code that names none itself.
    const family::DefaultCode* defaults() const { return runs_entry_ && !is_custom(root_) ? &family_.code : nullptr; }

    // --- where the code is

    void read_place(Program& program) {
        std::optional<ConfiguredText> place = said("git.repo_url_or_path");
        has_own_place_ = place.has_value();
        std::string branch;
        const Value* use_default = root_.at("git.use_default");
        const bool takes_default = defaults() != nullptr && !defaults()->repository.empty() &&
                                   !said("launch.entry_script") &&
                                   (use_default == nullptr || use_default->as_bool() != false);
        if (!place && takes_default) {
            place = ConfiguredText{.key = "git.repo_url_or_path", .text = defaults()->repository, .where = {}};
            branch = defaults()->branch;
        }
        if (!place) return;
        if (place->text.starts_with('/')) return use_in_place(program, *place);
        if (const std::string problem = plan::url_problem(place->text); !problem.empty())
            return refuse_place(*place, problem);
        program.code = plan::Code{.url = place->text, .branch = {}, .commit = {}, .token_file = {}};
        if (!branch.empty()) program.code->branch = std::move(branch);
        read_revision(*program.code);
        read_token(*program.code);
        program.entry.directory = plan::code_directory(results_dir_);
    }

    void use_in_place(Program& program, const ConfiguredText& place) {
        program.entry.directory = std::filesystem::path(place.text).lexically_normal().string();
        while (program.entry.directory.size() > 1 && program.entry.directory.ends_with('/'))
            program.entry.directory.pop_back();
        for (const char* key : {"git.branch", "git.commit"})
            if (const auto revision = said(key))
                notes_.push_back(
                    {.code = codes::launch.code_in_place,
                     .key = key,
                     .source = revision->where,
                     .message =
                         fmt::format("{} is a path, whose code is used as it lies there: {} {} is not checked out",
                                     place.key, key, revision->text),
                     .fix = fmt::format("--recipe-set=git.repo_url_or_path=file://{}", program.entry.directory)});
    }

    void refuse_place(const ConfiguredText& place, const std::string& problem) {
        const std::string shown = without_user(place.text);
        const bool secret = shown != place.text;
        const bool relative = place.text.find(':') == std::string::npos && place.text.front() != '-';
        Diagnostic refusal =
            fail(place, codes::launch.code_url, fmt::format("git may not be given `{}`: {}", shown, problem));
        if (secret) {
            refusal.source = {};  // its excerpt would show what is hidden above
            refusal.fix =
                "write the token to a file that only you can read, and: --recipe-set=++git.token_file=$HOME/.git-token";
        } else if (relative) {
            refusal.fix = fmt::format("--recipe-set=git.repo_url_or_path=$PWD/{}",
                                      std::filesystem::path(place.text).lexically_normal().string());
        } else {
            refusal.fix = "--recipe-set=git.repo_url_or_path=https://HOST/PATH.git";
        }
        problems_.push_back(std::move(refusal));
    }

    void read_revision(plan::Code& code) {
        if (const auto branch = said("git.branch")) {
            if (plan::is_reference(branch->text))
                code.branch = branch->text;
            else
                problems_.push_back(fail(*branch, codes::launch.code_reference,
                                         fmt::format("`{}` is no name of a branch or tag", branch->text),
                                         "--recipe-set=git.branch=main"));
        }
        if (const auto commit = said("git.commit")) {
            std::string digits = commit->text;
            std::ranges::transform(digits, digits.begin(),
                                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            if (plan::is_commit(digits))
                code.commit = std::move(digits);
            else
                problems_.push_back(
                    fail(*commit, codes::launch.code_reference,
                         fmt::format("`{}` is no commit: 7 to 40 hexadecimal digits, or 64", commit->text),
                         fix_of_commit(code)));
        } else {
            notes_.push_back(
                {.code = codes::launch.code_unpinned,
                 .key = "git.commit",
                 .source = {},
                 .message = fmt::format(
                     "the job runs what {} of {} is when it starts: that can move between submission, "
                     "start and requeue",
                     code.branch ? "the branch or tag " + *code.branch : std::string("the default branch"), code.url),
                 .fix = fix_of_commit(code)});
        }
    }

    /// As a shell pastes it; "" where a character would need quotes.
    static std::string fix_of_commit(const plan::Code& code) {
        const auto is_plain = [](const std::string& text) {
            return std::ranges::all_of(text, [](unsigned char c) {
                return std::isalnum(c) != 0 ||
                       std::string_view("/:@._-+~%=").find(static_cast<char>(c)) != std::string_view::npos;
            });
        };
        const std::string reference = code.branch.value_or("HEAD");
        if (!is_plain(code.url) || !is_plain(reference)) return {};
        return fmt::format("--recipe-set=git.commit=$(git ls-remote {} {} | head -n 1 | cut -f 1)", code.url,
                           reference);
    }

    void read_token(plan::Code& code) {
        const auto file = said("git.token_file");
        if (!file) return;
        if (file->text.starts_with('/'))
            code.token_file = file->text;
        else
            problems_.push_back(fail(*file, codes::launch.code_token,
                                     fmt::format("git.token_file is `{}`; it is an absolute path", file->text),
                                     "--recipe-set=++git.token_file=$HOME/.git-token"));
        if (code.url.starts_with("http://"))
            notes_.push_back({.code = codes::launch.code_token,
                              .key = "git.token_file",
                              .source = file->where,
                              .message = fmt::format("the token goes to {} in clear", code.url),
                              .fix = fmt::format("--recipe-set=git.repo_url_or_path=https://{}", code.url.substr(7))});
    }

    // --- what of it runs

    void read_entry(Program& program) {
        plan::Entry& entry = program.entry;
        std::optional<ConfiguredText> module;
        std::optional<ConfiguredText> script;
        const char* arguments = "launch.args";
        if (is_custom(root_)) {
            module = said("training_cfg.entry_module");
            script = first_said({"training_cfg.entry_script", "git.entry_script"});
            arguments = "training_cfg.script_args";
            program.entry_key = "training_cfg.entry_script";
        } else {
            module = first_said({"git.entry_module", "entry_module"});
            script = said("git.entry_script");
            if (!module && !script) script = default_script();
            entry.config_arguments = module.has_value() || script.has_value();
            if (!script) script = said("launch.entry_script");
        }
        if (!module && !script) return refuse_silence();
        program.entry_key = module ? module->key : script->key;
        Expected<std::vector<std::string>> list = arguments_of(root_.at(arguments));
        if (list)
            entry.arguments = std::move(*list);
        else
            append(problems_, std::move(list.error()));
        if (module)
            set_module(entry, *module);
        else
            set_program(entry, *script);
        if (family_.runs_as == family::RunsAs::shell && entry.is_shell() && !is_custom(root_)) set_up_shell(entry);
    }

    /// Such a script starts others by relative names, takes no arguments, and reads its configuration beside itself.
    void set_up_shell(plan::Entry& entry) {
        entry.config_arguments = false;
        if (entry.directory.empty()) return;
        if (!family_.code.configuration.empty())
            entry.configuration = fmt::format("{}/{}/{}.yaml", entry.directory, family_.code.configuration,
                                              configuration_name(resolved_));
        entry.directory = std::filesystem::path(entry.program).parent_path().string();
    }

    std::optional<ConfiguredText> default_script() {
        if (defaults() == nullptr) return std::nullopt;
        const bool names_one = said("launch.entry_script").has_value();
        if (!has_own_place_ && names_one) return std::nullopt;
        // A collection that names a program of its own is not written for the family's.
        const std::string* program = names_one ? nullptr : defaults()->program_for(resolved_.recipe);
        if (program == nullptr) {
            if (has_own_place_) refuse_silence();
            return std::nullopt;
        }
        return ConfiguredText{.key = "git.entry_script", .text = *program, .where = {}};
    }

    /// Code that names no program is a mistake; a recipe without either has a script of its own.
    void refuse_silence() {
        if (!has_own_place_ || !runs_entry_) return;
        const bool reported =
            std::ranges::any_of(problems_, [](const Diagnostic& d) { return d.code == codes::launch.code_entry; });
        if (reported) return;
        const char* key = is_custom(root_) ? "training_cfg.entry_script" : "git.entry_script";
        problems_.push_back({.code = codes::launch.code_entry,
                             .key = key,
                             .source = {},
                             .message = "git.repo_url_or_path names code, and nothing says which of its programs runs",
                             .fix = fmt::format("--recipe-set={}{}=train.py", root_.at(key) ? "" : "++", key)});
    }

    void set_module(plan::Entry& entry, const ConfiguredText& module) {
        if (is_module(module.text))
            entry.module = module.text;
        else
            problems_.push_back(fail(module, codes::launch.code_entry,
                                     fmt::format("`{}` is no name of a Python module", module.text),
                                     fmt::format("--recipe-set={}=package.module", module.key)));
    }

    void set_program(plan::Entry& entry, const ConfiguredText& script) {
        const std::filesystem::path path = std::filesystem::path(script.text).lexically_normal();
        if (entry.directory.empty() || path.is_absolute() || script.key == "launch.entry_script") {
            entry.program = entry_script_file(resolved_, path.string(), root_.at(script.key)).string();
            return;
        }
        if (path == "." || *path.begin() == "..")
            return problems_.push_back(
                fail(script, codes::launch.code_entry,
                     fmt::format("{} is `{}`, which is not in the code's directory", script.key, script.text),
                     fmt::format("--recipe-set={}=train.py", script.key)));
        entry.program = fmt::format("{}/{}", entry.directory == "/" ? "" : entry.directory, path.string());
    }

    const config::Resolved& resolved_;
    const Value& root_;
    const family::Family& family_;
    const bool runs_entry_;
    const std::string& results_dir_;
    Diagnostics& notes_;
    Diagnostics problems_;
    bool has_own_place_ = false;  // git.repo_url_or_path, and not the family's repository
};

}  // namespace

std::string configuration_name(const config::Resolved& resolved) {
    return std::filesystem::path(resolved.recipe).stem().string();
}

Expected<Program> program_of(const config::Resolved& resolved, const family::Family& family, bool runs_entry,
                             const std::string& results_dir, Diagnostics& notes) {
    return Reading(resolved, family, runs_entry, results_dir, notes).read();
}

}  // namespace recipe::planner
