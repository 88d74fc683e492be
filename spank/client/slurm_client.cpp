// SPDX-License-Identifier: Apache-2.0
// Reads and sets options of the running command through Slurm's own functions.
#include "spank/client/slurm_client.hpp"

#include "slurm_text/gres.hpp"
#include "spank/slurm_headers.hpp"

#include <dlfcn.h>
#include <getopt.h>
#include <cstring>

namespace recipe::spank {
namespace {

template <class Function>
void look_up(Function& function, const char* name) {
    void* symbol = dlsym(RTLD_DEFAULT, name);
    static_assert(sizeof symbol == sizeof function);
    std::memcpy(&function, &symbol, sizeof function);
}

const slurm_conf_t* own_configuration() {
    return static_cast<const slurm_conf_t*>(dlsym(RTLD_DEFAULT, "slurm_conf"));
}

/// The command's `slurm_opt_t opt`, whose layout is Slurm's secret.
void* option_object() {
    return dlsym(RTLD_DEFAULT, "opt");
}

}  // namespace

std::string take_slurm_text(char* text) {
    if (text == nullptr) return {};
    std::string copy = text;
    void (*xfree)(void**) = nullptr;
    look_up(xfree, "slurm_xfree");
    void* memory = text;
    if (xfree != nullptr) xfree(&memory);
    return copy;
}

SlurmOptions::SlurmOptions() : options_(option_object()) {
    look_up(is_set_, "slurm_option_isset");
    look_up(get_, "slurm_option_get");
    look_up(set_, "slurm_option_set");
    look_up(reset_, "slurm_option_reset");
}

bool SlurmOptions::available() const {
    return options_ != nullptr && is_set_ != nullptr && get_ != nullptr && set_ != nullptr && reset_ != nullptr;
}

bool SlurmOptions::is_set(const char* name) const {
    return available() && is_set_(options_, name);
}

std::string SlurmOptions::get(const char* name) const {
    return available() ? take_slurm_text(get_(options_, name)) : std::string();
}

bool SlurmOptions::set(const char* name, const std::string& value) const {
    return available() && set_(options_, name, value.c_str(), false) == SLURM_SUCCESS;
}

void SlurmOptions::reset(const char* name) const {
    if (available()) reset_(options_, name);
}

OptionTable::OptionTable() {
    option* (*create)(void*, char**) = nullptr;
    look_up(create, "slurm_option_table_create");
    void* options = option_object();
    if (create != nullptr && options != nullptr) entries_ = create(options, &short_options_);
}

OptionTable::~OptionTable() {
    void (*destroy)(option*) = nullptr;
    look_up(destroy, "slurm_option_table_destroy");
    if (entries_ != nullptr && destroy != nullptr) destroy(entries_);
    static_cast<void>(take_slurm_text(short_options_));
}

std::string cluster_name() {
    const slurm_conf_t* conf = own_configuration();
    return conf != nullptr && conf->cluster_name != nullptr ? conf->cluster_name : "";
}

bool cluster_has_gpus() {
    const slurm_conf_t* conf = own_configuration();
    return conf != nullptr && conf->gres_plugins != nullptr && slurm_text::has_gpu_type(conf->gres_plugins);
}

bool cluster_requeues() {
    const slurm_conf_t* conf = own_configuration();
    return conf != nullptr && conf->job_requeue == 1;
}

std::string slurm_conf_file() {
    const auto* conf = static_cast<const slurm_conf_t*>(dlsym(RTLD_DEFAULT, "slurm_conf"));
    return conf != nullptr && conf->slurm_conf != nullptr ? conf->slurm_conf : "";
}

}  // namespace recipe::spank
