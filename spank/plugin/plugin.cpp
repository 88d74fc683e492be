// SPDX-License-Identifier: Apache-2.0
// The C entry points of the SPANK plugin. Every sbatch, srun, salloc, slurmd and slurmstepd loads this file, with or
// without a recipe, so it uses nothing of the C++ library and decides with as little work as it can whether a recipe is
// in play. Only then does it load librecipe_spank.so, which does the work.
#include "diagnostic/codes/submit.hpp"
#include "spank/plugin/hooks.hpp"
#include "spank/plugin/inherited_variables.hpp"
#include "spank/plugin/mentions.hpp"
#include "spank/plugin/option_store.hpp"
#include "spank/plugin/pyxis_options.hpp"

#include <string_view>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern "C" {
// In C++ a const object has internal linkage unless it was declared extern before, hence not SPANK_PLUGIN().
extern const char plugin_name[];
extern const char plugin_type[];
extern const unsigned int plugin_version;
const char plugin_name[] = "recipe";
const char plugin_type[] = "spank";
const unsigned int plugin_version = SLURM_VERSION_NUMBER;
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(25, 5, 0)
// Should our init ever fail on a node: the job fails and the node stays.
int slurm_spank_init_failure_mode = ESPANK_JOB_FAILURE;
#endif
}

namespace {

using namespace recipe::spank;

constexpr char plan_variable[] = "SLURM_SPANK_RECIPE_PLAN";
// Beside this plugin's own directory.
constexpr char hooks_library[] = RECIPE_LIB_FROM_PLUGIN "/librecipe_spank.so";

OptionStore store;

// This process's argv, which Slurm does not hand to plugins, and glibc to every object that it loads.
int own_argc = 0;
char** own_argv = nullptr;

__attribute__((constructor)) void keep_arguments(int argc, char** argv, char**) {
    own_argc = argc;
    own_argv = argv;
}

/// A user's text for Slurm's log: what is no printable ASCII, which a terminal might obey, reads `?`.
struct Shown {
    char text[256];
    explicit Shown(const char* from) {
        size_t i = 0;
        for (; i + 1 < sizeof text && from[i] != '\0'; ++i) text[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
        text[i] = '\0';
    }
};

bool runs_in(const char* command) {
    return is_same(command, command_name(own_argc, own_argv));
}

/// scrontab parses options and asks plugins nothing more, so that there would be no plan and no message.
int refuse_in_scrontab() {
    constexpr const char* code = recipe::codes::submit.scrontab.name.data();
    slurm_error("recipe: scrontab hands no recipe to its jobs [%s]", code);
    slurm_error("recipe:     fix: let the line's own command be sbatch --recipe=NAME");
    return -1;
}

enum OptionValue { recipe_option, recipe_set_option, recipe_force_option, recipe_step_option };

int store_option(int value, const char* text, int remote) {
    if (remote != 0) return 0;  // nodes read the plan
    if (runs_in("scrontab")) return refuse_in_scrontab();
    if (value == recipe_force_option) {
        store.set_force();
        return 0;
    }
    if (value == recipe_step_option) {
        if (store.set_step(text)) return 0;
        slurm_error("recipe: --recipe-step takes train, helper or auto");
        return -1;
    }
    const bool kept = value == recipe_option ? store.set_recipe(text) : store.add_set(text);
    return kept ? 0 : -1;
}

// SPANK keeps pointers to these. It wants char*, and does not write.
spank_option recipe_spank_option{
    const_cast<char*>("recipe"),
    const_cast<char*>("NAME"),
    const_cast<char*>("submit the recipe NAME (none: no recipe); `srecipe list` shows what there is"),
    1,
    recipe_option,
    store_option};
spank_option recipe_set_spank_option{const_cast<char*>("recipe-set"),
                                     const_cast<char*>("KEY=VALUE"),
                                     const_cast<char*>("change a key of the recipe, as in Hydra; may be repeated"),
                                     1,
                                     recipe_set_option,
                                     store_option};

spank_option recipe_force_spank_option{
    const_cast<char*>("recipe-force"),
    nullptr,
    const_cast<char*>("submit although validation finds errors; they become warnings, where the site lets them"),
    0,
    recipe_force_option,
    store_option};

// srun's alone: a job as a whole is neither.
spank_option recipe_step_spank_option{
    const_cast<char*>("recipe-step"),
    const_cast<char*>("train|helper|auto"),
    const_cast<char*>("whether this step of a recipe's job trains; auto, by its command and its tasks"),
    1,
    recipe_step_option,
    store_option};

void register_options(spank_t spank) {
    if ((spank_context() != S_CTX_ALLOCATOR &&
         spank_option_register(spank, &recipe_step_spank_option) != ESPANK_SUCCESS) ||
        spank_option_register(spank, &recipe_spank_option) != ESPANK_SUCCESS ||
        spank_option_register(spank, &recipe_set_spank_option) != ESPANK_SUCCESS ||
        spank_option_register(spank, &recipe_force_spank_option) != ESPANK_SUCCESS)
        slurm_error(
            "recipe: the options --recipe, --recipe-set, --recipe-force and --recipe-step cannot be registered");
}

/// By its path: a search along RUNPATH would try a dozen directories for variants of the processor first.
void* open_hooks() {
    Dl_info plugin;
    if (dladdr(plugin_name, &plugin) == 0) return nullptr;
    const size_t directory = std::string_view(plugin.dli_fname).rfind('/') + 1;  // 0 without a slash
    char path[PATH_MAX];
    if (directory + sizeof hooks_library > sizeof path) return nullptr;
    memcpy(path, plugin.dli_fname, directory);
    memcpy(path + directory, hooks_library, sizeof hooks_library);
    slurm_debug("recipe: a recipe is used: loads %s", path);
    return dlopen(path, RTLD_LAZY | RTLD_LOCAL);
}

void* hooks = nullptr;  // librecipe_spank.so, once a recipe is used

/// A function of it.
template <class Function>
Function hook(const char* name) {
    if (hooks == nullptr) hooks = open_hooks();
    void* symbol = hooks != nullptr ? dlsym(hooks, name) : nullptr;
    if (symbol == nullptr) {
        const char* why = dlerror();
        slurm_error("recipe: the installation is incomplete: %s", why != nullptr ? why : hooks_library);
    }
    Function function;
    memcpy(&function, &symbol, sizeof function);
    return function;
}

/// Where Slurm looks for an option of ours between SBATCH_* variables and argv, so that a default has that rank: above
/// #SBATCH lines, below what was typed.
constexpr char default_of_recipe[] = "SLURM_SPANK__SLURM_SPANK_OPTION_recipe_recipe";

bool has_plan_here() {
    return environment_mentions_recipe(environ) && getenv(plan_variable) != nullptr;
}

template <unsigned long n>
void unset_all(const char* const (&names)[n]) {
    for (const char* name : names) unsetenv(name);
}

/// The plan of the step in slurmstepd's hands. Its size does not matter: a buffer of one byte shows whether it is
/// there.
bool step_has_plan(spank_t spank) {
    char byte[1];
    const spank_err_t rc = spank_getenv(spank, plan_variable, byte, sizeof byte);
    return rc == ESPANK_SUCCESS || rc == ESPANK_NOSPACE;
}

// The batch script of a job with a plan is run by this slurmstepd, and what wait(2) said of it; -1: nothing yet.
bool runs_batch_script = false;
int batch_status = -1;

bool is_batch_step(spank_t spank) {
    uint32_t step = 0;
    return spank_get_item(spank, S_JOB_STEPID, &step) == ESPANK_SUCCESS && step == SLURM_BATCH_SCRIPT;
}

// Steps from here on are none of the user's srun (slurm.h: SLURM_BATCH_SCRIPT and its like).
constexpr uint32_t first_special_step = 0xfffffff0;

/// Every step of srun gets the recipe's container. The batch script never does, nor do Slurm's own steps.
void stepd_init(spank_t spank) {
    uint32_t step = first_special_step;
    if (spank_get_item(spank, S_JOB_STEPID, &step) != ESPANK_SUCCESS || step >= first_special_step) return;
    if (!step_has_plan(spank)) return;
    if (auto* init = hook<decltype(&recipe_stepd_init)>("recipe_stepd_init")) init(spank);
}

/// What the user gave pyxis, for the nodes. Slurm has set its variables by now, inherited options included.
void repeat_pyxis_options() {
    for (const auto& variable : recipe::spank::pyxis_variables) {
        const char* value = getenv(variable.option);
        if (value != nullptr)
            setenv(variable.own, value, 1);
        else
            unsetenv(variable.own);  // an outer step's
    }
}

bool step_was_started = false;  // by this srun, with a plan

/// Takes the recipe that the user's environment names. False: it names none.
bool take_default(const char* variable) {
    const char* recipe = getenv(variable);
    if (recipe == nullptr || recipe[0] == '\0') return false;
    return setenv(default_of_recipe, recipe, 1) == 0;
}

/// What an outer job has left in the environment goes, and what the user says there is taken. True: a recipe is named.
bool allocator_environment(const char* variable) {
    if (!environment_mentions_recipe(environ)) return false;
    unset_all(inherited_options);
    if (has_plan_here()) unset_all(inherited_plan);
    return variable != nullptr && take_default(variable);
}

void allocator_init() {
    const bool sbatch = runs_in("sbatch");
    const char* variable = sbatch ? sbatch_recipe_variable : runs_in("salloc") ? salloc_recipe_variable : nullptr;
    const bool has_default = allocator_environment(variable);
    if (!sbatch) return;
    store.set_piped_script(peek_piped_script(own_argc, own_argv));
    if (!has_default && !words_may_name_recipe(own_argc, own_argv)) return;
    if (auto* offer = hook<decltype(&recipe_offer_script)>("recipe_offer_script")) offer(own_argc, own_argv);
}

void launcher_init() {
    if (!environment_mentions_recipe(environ)) return;
    unset_all(inherited_options);  // so that the callbacks get only what this srun was given
    if (!has_plan_here()) take_default(srun_recipe_variable);
}

/// Slurm has read no option of ours. Whether somebody asked for a recipe all the same, where Slurm does not look.
bool may_have_asked() {
    if (words_mention_recipe(own_argc, own_argv)) return true;
    if (environment_mentions_recipe(environ) && variables_mention_recipe(command_name(own_argc, own_argv))) return true;
    const bool sbatch = runs_in("sbatch");
    // Slurm has just parsed argv, so that getopt points behind the options.
    const char* piped = store.view(0).piped_script;
    if (optind > 0 && optind < own_argc && (piped == nullptr || descriptor_named(own_argv[optind]) < 0))
        return script_mentions_recipe(own_argv[optind], sbatch);
    if (!sbatch) return false;
    return (piped != nullptr && text_mentions_recipe(piped)) || stdin_mentions_recipe();
}

/// Has librecipe_spank.so deal with the options; without any it looks closely at what only mentions them.
int decide(spank_t spank, const StoredOptions& options, int argument_count, char** arguments) {
    auto* post_opt = hook<decltype(&recipe_client_post_opt)>("recipe_client_post_opt");
    return post_opt != nullptr ? post_opt(spank, &options, argument_count, arguments) : -1;
}

int client_post_opt(spank_t spank, int argument_count, char** arguments) {
    static int component = 0;   // Slurm calls once for each
    static bool taken = false;  // by an earlier component
    const StoredOptions options = store.view(component++);
    if (store.empty()) {
        if (has_plan_here() || options.component > 0 || !may_have_asked()) return 0;
        return decide(spank, options, argument_count, arguments);
    }
    if (!taken && options.recipe != nullptr && options.recipe == std::string_view("none")) {
        slurm_verbose("recipe: no recipe is used, as --recipe=none says");
        if (has_plan_here()) unset_all(inherited_plan);
        unsetenv(default_of_recipe);  // a further component of a heterogeneous job would take it up again
        // What #SBATCH lines say of a recipe is to be left out; who typed --recipe-set as well means something else.
        const bool more_was_said = options.set_count > 0 || options.force;
        return more_was_said ? decide(spank, options, argument_count, arguments) : 0;
    }
    taken = true;
    slurm_debug("recipe: --recipe=%s, --recipe-set %d times",
                Shown(options.recipe != nullptr ? options.recipe : "(none)").text, options.set_count);
    return decide(spank, options, argument_count, arguments);
}

/// For this srun's step, and not what an outer step was.
int pass_step_on() {
    const char* step = store.step();
    if (step == nullptr) {
        unsetenv(recipe::spank::step_variable);
        return 0;
    }
    if (has_plan_here()) return setenv(recipe::spank::step_variable, step, 1);
    slurm_error("recipe: --recipe-step says what a step of a recipe does, and there is no recipe here [%s]",
                recipe::codes::submit.no_recipe.name.data());
    return -1;
}

/// Slurm hands the last --recipe-set on to the job, which reads the plan instead, and it may hold a secret.
void forget_typed_sets(spank_t spank) {
    constexpr char option[] = "_SLURM_SPANK_OPTION_recipe_recipe_set";
    if (store.empty()) return;
    unsetenv(option);
    spank_job_control_unsetenv(spank, option);
}

}  // namespace

extern "C" {

int slurm_spank_init(spank_t spank, int, char**) {
    switch (spank_context()) {
        case S_CTX_ALLOCATOR:
            register_options(spank);
            allocator_init();
            return 0;
        case S_CTX_LOCAL:
            register_options(spank);
            launcher_init();
            return 0;
        case S_CTX_REMOTE:
            register_options(spank);
            stepd_init(spank);
            return 0;
        default:
            return 0;
    }
}

int slurm_spank_init_post_opt(spank_t spank, int argument_count, char** arguments) {
    const spank_context_t context = spank_context();
    if (context != S_CTX_ALLOCATOR && context != S_CTX_LOCAL) return 0;
    int rc = client_post_opt(spank, argument_count, arguments);
    forget_typed_sets(spank);
    if (rc == 0 && context == S_CTX_LOCAL) rc = pass_step_on();
    if (context == S_CTX_LOCAL && has_plan_here()) repeat_pyxis_options();
    return rc;
}

int slurm_spank_local_user_init(spank_t spank, int, char**) {
    if (!has_plan_here()) return 0;
    step_was_started = true;
    auto* user_init = hook<decltype(&recipe_launcher_user_init)>("recipe_launcher_user_init");
    return user_init != nullptr ? user_init(spank) : 0;
}

int slurm_spank_exit(spank_t, int, char**) {
    if (runs_batch_script) {
        if (auto* exit = hook<decltype(&recipe_stepd_exit)>("recipe_stepd_exit")) exit(batch_status);
        return 0;
    }
    if (!step_was_started || spank_context() != S_CTX_LOCAL) return 0;
    if (auto* exit = hook<decltype(&recipe_launcher_exit)>("recipe_launcher_exit")) exit();
    return 0;
}

int slurm_spank_user_init(spank_t spank, int, char**) {
    if (!step_has_plan(spank)) return 0;
    runs_batch_script = is_batch_step(spank);
    if (auto* user_init = hook<decltype(&recipe_stepd_user_init)>("recipe_stepd_user_init")) user_init(spank);
    return 0;
}

int slurm_spank_task_exit(spank_t spank, int, char**) {
    int status = 0;
    if (runs_batch_script && spank_get_item(spank, S_TASK_EXIT_STATUS, &status) == ESPANK_SUCCESS)
        batch_status = status;
    return 0;
}

// Slurm looks for these in every command, and a name that it does not find costs it more than one that it does.
int slurm_spank_task_init_privileged(spank_t, int, char**) {
    return 0;
}

int slurm_spank_task_post_fork(spank_t, int, char**) {
    return 0;
}

int slurm_spank_slurmd_exit(spank_t, int, char**) {
    return 0;
}

int slurm_spank_task_init(spank_t spank, int, char**) {
    if (!step_has_plan(spank)) return 0;
    auto* task_init = hook<decltype(&recipe_stepd_task_init)>("recipe_stepd_task_init");
    return task_init != nullptr ? task_init(spank) : -1;
}

}  // extern "C"
