// SPDX-License-Identifier: Apache-2.0
// Makes the table of jobs, and finds one in it.
#include "job_table.hpp"

#include "slurm_text/lists.hpp"

#include <algorithm>

namespace recipe::job_submit {
namespace {

constexpr std::string_view recipe_field = "recipe=";
constexpr std::string_view plan_field = "plan=";

/// The word that begins at `begin`.
std::string_view word_at(std::string_view text, std::size_t begin) noexcept {
    return text.substr(begin, text.find(' ', begin) - begin);
}

std::optional<std::uint32_t> number_of(std::string_view job) {
    const std::size_t digits = std::min(job.find_first_not_of("0123456789"), job.size());
    if (digits < job.size() && job[digits] != '_' && job[digits] != '+') return std::nullopt;
    return slurm_text::parse_number<std::uint32_t>(job.substr(0, digits));
}

}  // namespace

std::string_view recipe_in(std::string_view comment) noexcept {
    std::string_view found;
    for (std::size_t begin = 0; begin < comment.size();) {
        const std::string_view word = word_at(comment, begin);
        begin += word.size() + 1;
        if (!word.starts_with(recipe_field) || begin >= comment.size()) continue;
        if (word_at(comment, begin).starts_with(plan_field)) found = word.substr(recipe_field.size());
    }
    return found;
}

void JobTable::merge(std::uint32_t id, const KnownJob& job) {
    const auto [place, fresh] = jobs_.try_emplace(id, job);
    if (fresh) return;
    KnownJob& known = place->second;
    if (known.recipe != job.recipe) known.recipe.clear();
    std::erase_if(known.partitions, [&](const std::string& name) {
        return std::ranges::find(job.partitions, name) == job.partitions.end();
    });
}

void JobTable::add(const JobRecord& record) {
    KnownJob job{.recipe = std::string(recipe_in(record.admin_comment)), .partitions = {}};
    for (const std::string_view name : slurm_text::split(record.partitions)) job.partitions.emplace_back(name);
    merge(record.id, job);
    if (record.array_id != 0 && record.array_id != record.id) merge(record.array_id, job);
    if (record.het_id != 0 && record.het_id != record.id) merge(record.het_id, job);
}

const KnownJob* JobTable::find(std::string_view job) const {
    const auto id = number_of(job);
    if (!id) return nullptr;
    const auto found = jobs_.find(*id);
    return found != jobs_.end() ? &found->second : nullptr;
}

}  // namespace recipe::job_submit
