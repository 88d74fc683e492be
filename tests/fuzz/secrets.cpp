// SPDX-License-Identifier: Apache-2.0
// A file of secrets, and lines in which secrets may stand: what is read is written again, and a line that is shown is
// bounded and shown alike when it is shown again.
#include "require.hpp"
#include "secret/secret.hpp"

#include <string>
#include <vector>

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto texts = secret::parse_secret_file(text);
    if (!texts)
        fuzz::require_reasons(texts.error());
    else if (const auto written = secret::file_text(*texts)) {
        const auto again = secret::parse_secret_file(*written);
        require(again && *again == *texts, "secrets are read as they were written");
    }
    const std::string line = secret::redacted_command_line(text);
    require(line.size() <= 4 * text.size() + 3, "what is shown of a line is bounded");
    (void)secret::redacted_line(text);

    const std::string value(text.substr(0, text.find('\n')));
    secret::References references({value});
    const std::string shown = references.in(text);
    // What a reference is made of may be a secret as well.
    const bool like_a_reference = value.contains('*') || secret::References({}).to(value).contains(value);
    if (value.size() >= secret::shortest_copy && !like_a_reference && !secret::has_references(text)) {
        require(!shown.contains(value), "a secret is not shown");
        require(secret::restored(shown, references.texts()) == text, "a reference is put back");
    }
    (void)secret::restored(text, {value, "x"});
    (void)secret::is_file_of_ours(text);
    (void)secret::is_secret_name(text);
    return 0;
}
