// SPDX-License-Identifier: Apache-2.0
// Finds out which Slurm options were typed.
#include "spank/client/command_line.hpp"

#include "secret/secret.hpp"
#include "spank/client/slurm_client.hpp"
#include "storage/storage.hpp"

#include <getopt.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <ranges>
#include <string_view>

namespace recipe::spank {
namespace {

const option* entry_of(const option* table, int value, int index) {
    if (index >= 0) return &table[index];
    for (const option* entry = table; entry->name != nullptr; ++entry)
        if (entry->flag == nullptr && entry->val == value) return entry;
    return nullptr;
}

/// An option of a plugin that is loaded after us is not in the table, so whether the next word is its argument is not
/// known. It is the batch script if it looks like one to sbatch, which wants "#!" at the beginning.
bool is_batch_script(const char* word) {
    if (!storage::is_file(word)) return false;
    std::ifstream file(word, std::ios::binary);
    char beginning[2] = {};
    return file.read(beginning, sizeof beginning) && beginning[0] == '#' && beginning[1] == '!';
}

/// getopt's state is global and Slurm's parsing, which comes before and after ours, relies on it.
class GetoptState {
public:
    GetoptState() : index_(optind), errors_(opterr) {
        optind = 0;
        opterr = 0;
    }
    ~GetoptState() {
        optind = index_;
        opterr = errors_;
    }
    GetoptState(const GetoptState&) = delete;
    GetoptState& operator=(const GetoptState&) = delete;

private:
    int index_;
    int errors_;
};

// Never freed: Slurm's commands end with exit().
CommandLine* known = nullptr;

std::string spelling_of(char** argv, int first, int next) {
    std::string spelling;
    for (int i = first; i < next; ++i) spelling += (i > first ? " " : "") + std::string(argv[i]);
    return spelling;
}

/// Each with a NUL behind it.
std::string own_words() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

const TypedOption* CommandLine::find(const std::string& name) const {
    const auto found = std::ranges::find(options | std::views::reverse, name, &TypedOption::name);
    return found != options.rend() ? &*found : nullptr;
}

int CommandLine::count(const std::string& name) const {
    return static_cast<int>(std::ranges::count(options, name, &TypedOption::name));
}

CommandLine read_command_line(int argc, char** argv) {
    CommandLine line;
    const OptionTable table;
    if (table.entries() == nullptr || argc < 1) return line;
    line.readable = true;
    const GetoptState state;
    int at = 1;
    while (true) {
        int index = -1;
        const int value = getopt_long(argc, argv, table.short_options(), table.entries(), &index);
        if (value == -1) break;
        const option* entry = value == '?' ? nullptr : entry_of(table.entries(), value, index);
        if (entry != nullptr)
            line.options.push_back({entry->name, optarg != nullptr ? optarg : "", spelling_of(argv, at, optind)});
        else {
            line.complete = false;
            const bool has_value = std::string_view(argv[optind - 1]).find('=') != std::string_view::npos;
            if (!has_value && optind < argc && argv[optind][0] != '-' && !is_batch_script(argv[optind])) ++optind;
        }
        at = std::max(optind, 1);
    }
    if (optind < argc) {
        // sbatch and salloc stop at a ":" between components; srun's stands after the first component's command as
        // well.
        const bool srun = program_invocation_short_name == std::string_view("srun");
        line.heterogeneous = std::any_of(argv + optind, srun ? argv + argc : argv + optind + 1,
                                         [](const char* word) { return word == std::string_view(":"); });
        line.has_command = argv[optind] != std::string_view(":");
        if (line.has_command) line.command.assign(argv + optind, argv + argc);
    }
    return line;
}

const CommandLine& own_command_line(int argc, char** argv) {
    if (known == nullptr) known = new CommandLine;
    if (!known->readable || !known->complete) *known = read_command_line(argc, argv);
    return *known;
}

std::string secret_places(const std::vector<std::string>& texts) {
    std::string line = own_words();
    if (line.empty()) return {};
    line.pop_back();  // each word ends with NUL
    std::vector<std::string_view> words;
    for (const auto word : line | std::views::split('\0')) words.emplace_back(word.begin(), word.end());
    return secret::cuts_text(line.size(), secret::cuts_of(words, texts));
}

const CommandLine& own_command_line() {
    if (known != nullptr && known->readable && known->complete) return *known;
    std::string text = own_words();
    std::vector<char*> words;
    for (std::size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) {
        words.push_back(text.data() + at);
        if (text.find('\0', at) == std::string::npos) break;
    }
    const int count = static_cast<int>(words.size());
    words.push_back(nullptr);
    return own_command_line(count, words.data());
}

}  // namespace recipe::spank
