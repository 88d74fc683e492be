// SPDX-License-Identifier: Apache-2.0
// The C entry points of librecipe_spank.so. Nothing may leave them: what is unexpected is logged and refused on the
// submitting side, and fails the task, never the node, on the other.
#include "spank/plugin/hooks.hpp"

#include "site/site.hpp"
#include "spank/client/client.hpp"
#include "spank/client/launcher.hpp"
#include "spank/client/offered_script.hpp"
#include "spank/host/say.hpp"
#include "spank/host/slurm_trace.hpp"
#include "spank/node/container.hpp"
#include "spank/node/stepd.hpp"
#include "storage/storage.hpp"

#include <exception>
#include <string>

namespace {

template <class Work>
int guarded(Work work) noexcept {
    try {
        return work();
    } catch (const std::exception& error) {
        recipe::spank::say_error(std::string("internal error: ") + error.what());
    } catch (...) {
        recipe::spank::say_error("internal error");
    }
    return -1;
}

}  // namespace

extern "C" {

void recipe_offer_script(int argc, char** argv) {
    recipe::spank::trace_for_user();
    guarded([&] {
        recipe::spank::offer_script(argc, argv);
        return 0;
    });
}

int recipe_client_post_opt(spank_t spank, const recipe::spank::StoredOptions* options, int argument_count,
                           char** plugin_arguments) {
    recipe::spank::trace_for_user();
    return guarded([&] {
        const recipe::storage::Watch watch{std::chrono::seconds(recipe::site::default_check_seconds)};
        const std::span<char*> arguments(plugin_arguments, static_cast<std::size_t>(argument_count));
        return spank_context() == S_CTX_LOCAL ? recipe::spank::launcher_post_opt(spank, *options, arguments)
                                              : recipe::spank::allocator_post_opt(spank, *options, arguments);
    });
}

int recipe_launcher_user_init(spank_t spank) {
    recipe::spank::trace_for_user();
    int rc = 0;  // what is unexpected is left to the nodes
    guarded([&] {
        rc = recipe::spank::launcher_user_init(spank);
        return 0;
    });
    return rc;
}

void recipe_launcher_exit(void) {
    guarded([&] {
        recipe::spank::launcher_exit();
        return 0;
    });
}

void recipe_stepd_init(spank_t spank) {
    recipe::spank::trace_to_slurm();
    guarded([&] {
        recipe::spank::request_container(spank);
        return 0;
    });
}

void recipe_stepd_user_init(spank_t spank) {
    recipe::spank::trace_to_slurm();
    if (guarded([&] {
            recipe::spank::stepd_user_init(spank);
            return 0;
        }) != 0)
        recipe::spank::stepd_remember_failure("internal error while the step was prepared");
}

void recipe_stepd_exit(int exit_status) {
    guarded([&] {
        recipe::spank::stepd_exit(exit_status >= 0 ? std::optional(exit_status) : std::nullopt);
        return 0;
    });
}

int recipe_stepd_task_init(spank_t spank) {
    return guarded([&] { return recipe::spank::stepd_task_init(spank); });
}

}  // extern "C"
