// SPDX-License-Identifier: Apache-2.0
// Secrets of a recipe: tokens, passwords and keys of services. They are found by the names of their keys, travel in a
// file of the user's own, and stand in the launch plan, which many can read, as references.
//
// A reference reads `***secret-3***`: the third text of the file. In a text it stands where the secret stood, so that a
// copy that an interpolation has made ("https://me:${git.token}@host") is restored as well, and what shows it has
// hidden it already.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::secret {

/// What stands in place of a secret wherever people read.
inline constexpr std::string_view hidden = "***";
/// A copy of a secret is looked for in other texts if it has at least so many bytes: a shorter one is found by chance.
inline constexpr std::size_t shortest_copy = 8;
/// Of a file of secrets.
inline constexpr std::size_t max_bytes = 64 * 1024;

/// Whether a key of this name, or a variable, may hold a secret: `token`, `password`, `api_key`, `credentials`, ..., or
/// an end in `_token`, `_passwd`, `_apikey`, ..., in letters of any case, with `-` for `_`. Names of a tokenizer's
/// words (`eos_token`, ...) and `tokenizer...` are none.
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;

/// What stands where a secret is to be put in, or says that there is none: "", `???`, None, null, `<token>`, changeme,
/// your_token_here, xxxx.
[[nodiscard]] bool is_placeholder(std::string_view text) noexcept;

/// Whether a text under a key or in a variable of this name is a secret. A placeholder is none, nor is the path of a
/// file of keys or credentials.
[[nodiscard]] bool is_secret(std::string_view name, std::string_view text) noexcept;

/// The first password in a URL of this text, which it points into: `PW` of "https://user:PW@host/x". Empty: none.
[[nodiscard]] std::string_view url_password(std::string_view text) noexcept;

/// A secret of a recipe: a text under such a key, or in a list under one, or the password of a URL anywhere else.
struct Secret {
    std::string key;  // from the root
    std::string value;
    bool in_url = false;  // the password of one, and not the whole text
};
/// In the order of the recipe. `training`, the alias of `recipes`, is left out.
[[nodiscard]] std::vector<Secret> secrets_of(const config::Value& root);

// --- for people ----------------------------------------------------------------------------------------------------

/// The text with each of these values, where it is not too short, as ***.
[[nodiscard]] std::string redacted(std::string_view text, const std::vector<std::string>& values);
/// The same of a configuration. A secret's own key hides it whatever its length. Places stay.
[[nodiscard]] config::Value redacted(const config::Value& root, const std::vector<std::string>& values);
[[nodiscard]] std::vector<std::string> values_of(const std::vector<Secret>& secrets);
/// Diagnostics may quote a value, or the line where it stands.
void redact(Diagnostics& diagnostics, const std::vector<std::string>& values);

/// A command as somebody typed it: what follows `KEY=` or `KEY:` of a secret's key reads ***. Never longer than `line`
/// by more than three bytes for each of them.
[[nodiscard]] std::string redacted_command_line(std::string_view line);

/// A part of a text.
struct Cut {
    std::size_t offset = 0;
    std::size_t size = 0;  // not 0

    bool operator==(const Cut&) const = default;
};

/// Where secrets stand in the line that Slurm makes of a command's words, with one blank between two (22.05 to 26.05,
/// slurm_option_get_argv_str): these texts, as whole values where they are shorter than shortest_copy; what stands
/// behind a secret's name; and passwords of URLs. In order, none in another.
[[nodiscard]] std::vector<Cut> cuts_of(const std::vector<std::string_view>& words,
                                       const std::vector<std::string>& texts);

/// As they travel beside the plan, without a word of the secrets: "LINE_SIZE,OFFSET+SIZE,...".
[[nodiscard]] std::string cuts_text(std::size_t line_size, const std::vector<Cut>& cuts);
/// The inverse, of a hostile text: nothing where it is of another line, or its places are not in the line and in order.
[[nodiscard]] std::optional<std::vector<Cut>> parse_cuts(std::string_view text, std::size_t line_size);
/// The line with *** in these places, which are in order.
[[nodiscard]] std::string without(std::string_view line, const std::vector<Cut>& cuts);

/// The name of the variable beside the plan, as plan::control_variable.
inline constexpr const char* line_variable = "RECIPE_LINE";

/// A whole command, of which no more is known than the line: what follows a secret's name reads *** up to the next
/// option, and so do passwords of URLs, and all behind the first longest_searched_line bytes, as many as Slurm takes.
[[nodiscard]] std::string redacted_submit_line(std::string_view line);
inline constexpr std::size_t longest_searched_line = 1024 * 1024;

/// A line of a log: what follows a secret's name, and what stands before the `@` of a URL's host reads ***.
[[nodiscard]] std::string redacted_line(std::string_view line);

// --- references ----------------------------------------------------------------------------------------------------

/// The texts that a plan refers to. `label` distinguishes the references of one plan from those of another beside
/// it: empty, or eight hexadecimal digits.
class References {
public:
    explicit References(std::vector<std::string> values, std::string label = {});

    /// The reference to a text, which is kept.
    [[nodiscard]] std::string to(const std::string& text);
    /// A text with references in place of the values given; those too short to be looked for stay.
    [[nodiscard]] std::string in(std::string_view text);
    /// A configuration likewise; and what a secret's own key holds, whatever its length.
    [[nodiscard]] config::Value in(const config::Value& value);

    /// The texts that were referred to so far, by number.
    [[nodiscard]] const std::vector<std::string>& texts() const noexcept { return texts_; }

private:
    std::vector<std::string> values_;  // to be looked for, longest first
    std::string label_;
    std::vector<std::string> texts_;
};

/// References replaced by the texts; one to a text that is not there stays. What a secret has of the form is left
/// alone.
[[nodiscard]] std::string restored(std::string_view text, const std::vector<std::string>& texts);
[[nodiscard]] config::Value restored(const config::Value& value, const std::vector<std::string>& texts);
[[nodiscard]] bool has_references(std::string_view text) noexcept;

/// What stands in a file of secrets: JSON. Code secret.file when it is more than max_bytes.
[[nodiscard]] Expected<std::string> file_text(const std::vector<std::string>& texts);
/// The inverse, of a hostile text. Code secret.file.
[[nodiscard]] Expected<std::vector<std::string>> parse_secret_file(std::string_view file);

/// Where a user's files of secrets lie: below $XDG_STATE_HOME, if that is absolute, or ~/.local/state. `home`: where
/// the environment has no HOME.
[[nodiscard]] std::string directory_of_files(const config::Environment& environment, const std::string& home);
/// Such a file of this name. That of no file, where a plan is made to be shown.
[[nodiscard]] std::string secret_path(const std::string& directory,
                                      std::string_view name = "00000000000000000000000000000000");

/// Whether a path is absolute and ends as those of our files do: `/slurm-recipe/secrets/<32 hexadecimal digits>`, and
/// `-git` behind them for the file that holds git's token.
[[nodiscard]] bool is_file_of_ours(std::string_view path) noexcept;
inline constexpr std::string_view directory_end = "/slurm-recipe/secrets";
inline constexpr std::string_view git_ending = "-git";

}  // namespace recipe::secret
