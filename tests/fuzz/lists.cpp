// SPDX-License-Identifier: Apache-2.0
// The texts in which Slurm and its users name nodes, features, devices, times and words: whatever they are, they are
// read within bounds, and what is written of them is read again.
#include "slurm_text/lists.hpp"
#include "cluster/cluster.hpp"
#include "require.hpp"
#include "slurm_text/gres.hpp"
#include "slurm_text/shell_words.hpp"
#include "slurm_text/time_limit.hpp"
#include "slurm_text/variable_name.hpp"

#include <string>
#include <vector>

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);

    std::size_t length = 0;
    for (const std::string_view item : slurm_text::split(text, slurm_text::EmptyItems::kept)) length += item.size() + 1;
    require(length == text.size() + 1, "nothing of a list is lost");

    if (const auto count = slurm_text::gres_count(text, "gpu")) require(*count >= 0, "a count is not negative");
    for (const std::string_view type : slurm_text::gres_types(text, "gpu"))
        require(!type.empty() && text.contains(type), "a type stands in its text");
    if (const auto limit = slurm_text::parse_time_limit(text); limit && *limit) {
        require(0 <= **limit && **limit <= slurm_text::max_time_limit, "a time is one that Slurm counts");
        require(slurm_text::parse_time_limit(slurm_text::format_time_limit(**limit)) == limit, "a time is read again");
    }
    if (const auto words = slurm_text::shell_words(text)) {
        std::string line;
        for (const std::string& word : *words) line += slurm_text::shell_word(word) + ' ';
        require(slurm_text::shell_words(line) == *words, "words are read again");
    }
    if (!text.contains('\0'))
        require(slurm_text::shell_words(slurm_text::shell_quoted(text)) == std::vector{std::string(text)},
                "a quoted word is one word");

    const cluster::Constraint constraint = cluster::Constraint::parse(text);
    (void)constraint.satisfied_by({});
    (void)constraint.satisfied_by({"a", "a10g", "b"});

    const cluster::ScontrolRecords records = cluster::records_of_scontrol(text);
    for (const cluster::PartitionRecord& partition : records.partitions)
        for (const std::size_t node : partition.nodes)
            require(node < records.nodes.size(), "a partition has nodes that there are");
    const auto inventory = cluster::take_inventory(records.nodes, records.partitions, hardware::Catalogue(), {});
    (void)cluster::partition_map(inventory);
    return 0;
}
