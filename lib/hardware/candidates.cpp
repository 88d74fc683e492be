// SPDX-License-Identifier: Apache-2.0
// Which instance types somebody means who wrote what is none: a short form, the name of an accelerator, a misspelling.
#include "hardware/hardware.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace recipe::hardware {
namespace {

constexpr std::size_t most = 3;
constexpr std::size_t longest = 64;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

/// Without the brackets of a list, and short enough to work on.
std::string cleaned(std::string_view typed) {
    std::string name = canonical_instance_name(typed.substr(0, longest));
    std::erase_if(name, [](char c) { return c == '[' || c == ']' || c == '\'' || c == '"' || c == ','; });
    return name;
}

// --- short forms ---------------------------------------------------------------------------------------------------

/// "p5.48xlarge" of "p5.48xl", "p5.48", "p5-48xlarge" and "p5_48xl"; empty where no type is meant.
std::string written_out(const Catalogue& catalogue, const std::string& name) {
    for (std::string whole : {name, name + "arge", name + "xlarge"}) {
        if (catalogue.instance(whole) != nullptr) return whole;
        const std::size_t last = whole.find_last_of("-_ ");
        if (last == std::string::npos || whole.find('.') != std::string::npos) continue;
        whole[last] = '.';
        if (catalogue.instance(whole) != nullptr) return whole;
    }
    return {};
}

// --- accelerators --------------------------------------------------------------------------------------------------

struct Wish {
    std::vector<std::string> words;
    int devices = 0;  // 0: any
};

constexpr std::array<std::string_view, 19> makers{"nvidia", "amd",   "intel", "aws",   "instinct", "tesla", "geforce",
                                                  "gpu",    "gpus",  "sxm",   "sxm2",  "sxm3",     "sxm4",  "sxm5",
                                                  "hbm2",   "hbm2e", "hbm3",  "hbm3e", "gb"};

void add_word(Wish& wish, std::string word) {
    // "80g" and "80gb" as models have it.
    for (const std::string_view unit : {"gb", "g"})
        if (word.ends_with(unit) && is_number(std::string_view(word).substr(0, word.size() - unit.size())))
            word.resize(word.size() - unit.size());
    if (!word.empty() && std::ranges::count(makers, word) == 0) wish.words.push_back(std::move(word));
}

/// "8xh100", "8*h100", "h100x8", "h100:8"
void take_count(Wish& wish, std::string& name) {
    const auto count = [&](std::string_view digits) {
        int devices = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), devices);
        const bool is_count = devices >= 1 && devices <= 1024;
        if (is_count) wish.devices = devices;
        return is_count;
    };
    const std::size_t first = name.find_first_not_of("0123456789");
    if (first != 0 && first <= 4 && first < name.size() && (name[first] == 'x' || name[first] == '*') &&
        count(std::string_view(name).substr(0, first))) {
        name.erase(0, first + 1);
        return;
    }
    const std::size_t last = name.find_last_not_of("0123456789");
    if (last == std::string::npos || last == 0 || last + 1 == name.size() || name.size() - last > 5) return;
    if ((name[last] == 'x' || name[last] == ':' || name[last] == '*') && count(std::string_view(name).substr(last + 1)))
        name.resize(last);
}

std::vector<std::string> words_of(std::string_view model) {
    std::vector<std::string> words(1);
    for (const char c : model)
        if (c == '-' || c == '_' || c == ' ' || c == ':')
            words.emplace_back();
        else
            words.back() += c;
    return words;
}

Wish wish_of(std::string name) {
    Wish wish;
    take_count(wish, name);
    for (std::string& word : words_of(name)) add_word(wish, std::move(word));
    return wish;
}

/// Words of the model that were not typed; nullopt: another model is meant.
std::optional<std::size_t> unsaid(const Wish& wish, std::string_view model) {
    if (wish.words.empty()) return std::nullopt;
    std::string joined;
    for (const std::string& word : wish.words) joined += word;
    std::string whole(model);
    std::erase(whole, '-');
    if (joined == whole) return 0;
    const std::vector<std::string> words = words_of(model);
    // What is typed has to name the model, not only its memory: "80" is none.
    const bool named = std::ranges::any_of(wish.words, [](const std::string& word) { return !is_number(word); });
    const auto is_there = [&](const std::string& word) { return std::ranges::count(words, word) > 0; };
    if (!named || !std::ranges::all_of(wish.words, is_there)) return std::nullopt;
    return words.size() - wish.words.size();
}

/// Those of the accelerators that are meant; whole machines first.
Candidates with_accelerator(const Catalogue& catalogue, const std::string& name) {
    const Wish wish = wish_of(name);
    struct Found {
        std::size_t unsaid;
        const InstanceType* type;
    };
    Candidates result;
    std::vector<Found> found;
    std::size_t closest = longest;
    for (const Accelerator* accelerator : catalogue.accelerators()) {
        const auto more = unsaid(wish, accelerator->model);
        if (!more) continue;
        if (*more < closest) result.accelerator = accelerator->name;
        closest = std::min(closest, *more);
        for (const InstanceType* type : catalogue.instances())
            if (type->accelerator == accelerator->model && (wish.devices == 0 || type->devices == wish.devices))
                found.push_back({*more, type});
    }
    // Of one accelerator: the most devices, then what a cloud has, of which more is known.
    const auto rank = [](const Found& each) {
        const bool of_cloud = each.type->name.find('.') != std::string_view::npos;
        return std::tuple(each.unsaid, -each.type->devices, !of_cloud, -each.type->network_gbps);
    };
    std::ranges::stable_sort(found, {}, rank);
    for (const Found& each : found)
        if (result.names.size() < most) result.names.emplace_back(each.type->name);
    return result;
}

// --- misspellings --------------------------------------------------------------------------------------------------

/// "p5" of "p5.48xlarge" and all of a name without a dot up to its first number's end, "dgx-h100" of itself: another
/// family or maker is other hardware, and no misspelling.
std::string_view family_of(std::string_view name) {
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) return name.substr(0, dot);
    const std::size_t digit = std::min(name.find_first_of("0123456789"), name.size());
    return name.substr(0, std::min(name.find_first_not_of("0123456789", digit), name.size()));
}

}  // namespace

Candidates candidates_for(const Catalogue& catalogue, std::string_view typed) {
    const std::string name = cleaned(typed);
    if (const std::string whole = written_out(catalogue, name); !whole.empty())
        return {.accelerator = {}, .names = {whole}};
    if (Candidates found = with_accelerator(catalogue, name); !found.accelerator.empty()) return found;
    Candidates result{.accelerator = {}, .names = nearest(name, catalogue.instance_names())};
    std::erase_if(result.names, [&](const std::string& other) { return family_of(other) != family_of(name); });
    return result;
}

}  // namespace recipe::hardware
