// SPDX-License-Identifier: Apache-2.0
// The option table of the Slurm command that we run in. These functions are exported by Slurm's own library but not
// part of its public headers, so each is looked up at run time; where one is missing, job_submit fills in instead.
#pragma once

#include <optional>
#include <string>
#include <vector>

struct option;  // <getopt.h>

namespace recipe::spank {

class SlurmOptions {
public:
    SlurmOptions();

    /// Everything needed to read and set options was found.
    [[nodiscard]] bool available() const;
    [[nodiscard]] bool is_set(const char* name) const;
    [[nodiscard]] std::string get(const char* name) const;
    bool set(const char* name, const std::string& value) const;
    void reset(const char* name) const;

private:
    void* options_ = nullptr;
    bool (*is_set_)(void*, const char*) = nullptr;
    char* (*get_)(void*, const char*) = nullptr;
    int (*set_)(void*, const char*, const char*, bool) = nullptr;
    bool (*reset_)(void*, const char*) = nullptr;
};

/// The table that Slurm itself parses this command's arguments with, SPANK options registered so far included.
class OptionTable {
public:
    OptionTable();
    ~OptionTable();
    OptionTable(const OptionTable&) = delete;
    OptionTable& operator=(const OptionTable&) = delete;

    [[nodiscard]] const option* entries() const { return entries_; }  // null: not to be had
    [[nodiscard]] const char* short_options() const { return short_options_; }

private:
    option* entries_ = nullptr;
    char* short_options_ = nullptr;
};

/// The name that slurm.conf gives this cluster; empty when it is not known.
[[nodiscard]] std::string cluster_name();

/// True when this cluster has a gpu GRES.
[[nodiscard]] bool cluster_has_gpus();

/// True when this cluster starts jobs again whose nodes fail, unless they say otherwise (JobRequeue).
[[nodiscard]] bool cluster_requeues();

/// Where this cluster's slurm.conf lies; empty when that is not known.
[[nodiscard]] std::string slurm_conf_file();

/// Text that Slurm allocated, as a string; the original is freed.
[[nodiscard]] std::string take_slurm_text(char* text);

}  // namespace recipe::spank
