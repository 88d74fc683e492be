// SPDX-License-Identifier: Apache-2.0
// The launch plan: all that slurmctld and the nodes need to know of a recipe. It is made once, on the submitting host,
// and travels as compact JSON in the SPANK job environment. Whoever reads it back treats it as hostile.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "site/site.hpp"
#include "validate/validate.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::secret {
class References;
}

namespace recipe::plan {

inline constexpr std::int64_t version = 2;
/// Prolog and the batch script get the plan in their environment, where the kernel allows 128 KiB for one string.
inline constexpr std::size_t max_bytes = 32 * 1024;
/// A configuration that leaves a plan no room travels in a file beside the results: with as much as a recipe's own file
/// may have, which a node still reads in a fraction of the time that its checks have.
inline constexpr std::size_t max_configuration_bytes = 4 * 1024 * 1024;
/// The name given to spank_job_control_setenv(); slurmctld sees it in spank_job_env, jobs as SLURM_SPANK_<name>.
inline constexpr const char* control_variable = "RECIPE_PLAN";
inline constexpr const char* job_variable = "SLURM_SPANK_RECIPE_PLAN";

inline constexpr std::size_t step_key_digits = 12;

enum class Launcher : std::uint8_t { torchrun, direct };
[[nodiscard]] std::string_view to_string(Launcher launcher) noexcept;

enum class Device : std::uint8_t { gpu, neuron, cpu };
[[nodiscard]] std::string_view to_string(Device device) noexcept;

/// What the job asks Slurm for.
struct Resources {
    Device device = Device::gpu;
    bool request_gpus = false;  // the client saw a gpu GRES and no spelling of GPUs; slurmctld looks itself
    bool exclusive = true;      // whole nodes
    std::optional<std::int64_t> time_limit;  // minutes; nothing: the partition's
    std::string job_name;
    std::int64_t ranks_per_chip = 1;  // processes that share one device file: NeuronCores of a chip

    bool operator==(const Resources&) const = default;
};

/// Who says what a variable is worth, weakest first. What the user exported stands between `recipe` and `typed`.
enum class VariableOrigin : std::uint8_t { profile, site, recipe, typed };
[[nodiscard]] std::string_view to_string(VariableOrigin origin) noexcept;

/// One environment variable of the job. A plan has each name once, with its strongest origin.
struct Variable {
    std::string name;
    std::string value;
    VariableOrigin origin = VariableOrigin::recipe;

    bool operator==(const Variable&) const = default;
};

/// What the script of a job without a script runs: `program` (absolute path) or `module`, and its arguments. Neither:
/// nothing.
/// `%j` after the results directory stands for the job, see job_directory_placeholder().
struct Entry {
    std::string program;
    std::vector<std::string> arguments;
    std::string module;             // of Python, which torchrun -m finds
    std::string directory;          // absolute: where it starts; empty: where the job was submitted
    bool config_arguments = false;  // before the others, where the configuration is: --config-path, --config-name
    std::string configuration;      // absolute: a copy of the configuration, where a shell script looks for it

    /// A shell script is started once on each node and makes the node's processes itself.
    [[nodiscard]] bool is_shell() const noexcept { return program.ends_with(".sh") || program.ends_with(".bash"); }
    [[nodiscard]] bool empty() const noexcept { return program.empty() && module.empty(); }
    bool operator==(const Entry&) const = default;
};

/// Training code in a git repository, which the head node clones once per job, into code_directory(). Code that is used
/// where it lies is an entry and no more.
struct Code {
    std::string url;                    // see url_problem()
    std::optional<std::string> branch;  // or a tag
    std::optional<std::string>
        commit;  // lower-case hex, 7 to 40 digits, or 64; nothing: the branch's when the job starts
    std::optional<std::string> token_file;  // absolute path of a file with what the server takes for a password

    bool operator==(const Code&) const = default;
};

/// "" or why this is no address that git may be given: one of https, http, ssh and file with `://`, or USER@HOST:PATH.
/// Neither another form, such as ext::COMMAND, nor an option, nor a user or password of a web server. Says nothing of
/// the text itself.
[[nodiscard]] std::string url_problem(std::string_view url);
/// Whether git may be given it as a branch or tag: what git-check-ref-format(1) takes, and no option.
[[nodiscard]] bool is_reference(std::string_view name) noexcept;
[[nodiscard]] bool is_commit(std::string_view name) noexcept;

/// A directory or file of the host that a container sees at `target`. Both absolute, without `:`, `,` and control
/// characters.
struct Mount {
    std::string source;
    std::string target;
    bool read_only = false;
    std::string reason;     // why it is mounted, for people: "results", "cluster.container_mounts[0]", ...
    bool optional = false;  // a node that lacks it starts the container without

    bool operator==(const Mount&) const = default;
};

/// What follows source and target in --container-mounts: "", ":ro", ":nofail", ":ro+nofail".
[[nodiscard]] std::string_view mount_flags(const Mount& mount) noexcept;

/// What the job's steps run in, in pyxis' terms.
struct Container {
    std::string image;  // as pyxis takes it: absolute path of a squashfs, "docker://host#image:tag", ...
    std::vector<Mount> mounts;
    std::optional<std::string> workdir;  // absolute; nothing: the image's
    std::optional<bool> mount_home;      // these three: nothing is what enroot.conf says
    std::optional<bool> remap_root;
    std::optional<bool> writable;

    bool operator==(const Container&) const = default;
};

/// Tasks that a step of this launcher has on each node.
[[nodiscard]] constexpr std::int64_t tasks_per_node(Launcher launcher, const validate::Layout& layout) noexcept {
    return launcher == Launcher::torchrun ? 1 : layout.devices_per_node;
}

/// Where the configuration lies that the plan has no room for. The plan's digest is that of its bytes.
struct ConfigurationFile {
    std::string path;  // as configuration_path() makes it
    std::size_t bytes = 0;

    bool operator==(const ConfigurationFile&) const = default;
};

/// What slurmctld holds a job's request against.
struct Summary {
    std::string recipe;  // as config::Resolved::recipe
    Resources resources;
    validate::Layout layout;
    std::optional<std::string> instance_type;  // canonical name, when the recipe names one
    Launcher launcher = Launcher::torchrun;
    std::string digest;  // SHA-256 of the configuration's JSON, lower-case hex
    validate::DeviceNeeds needs;
    bool needs_forced = false;  // --recipe-force: what lacks them is a warning, where the site lets it

    [[nodiscard]] std::int64_t tasks_per_node() const noexcept { return plan::tasks_per_node(launcher, layout); }
    bool operator==(const Summary&) const = default;
};

struct LaunchPlan : Summary {
    std::vector<std::string> overrides;  // what was given with --recipe-set, and what Slurm options meant
    std::vector<std::string> forced;     // codes of errors that --recipe-force made warnings
    site::PortRange ports;
    std::vector<Variable> environment;
    bool interfaces_by_route = false;  // NCCL's and Gloo's interface is the one that leads to the head node
    std::int64_t check_seconds =
        site::default_check_seconds;  // that a node's checks of files and names may take; 0: they are left out
    std::vector<std::string> written_directories;  // by the program, besides results_dir: absolute, none below another
    std::vector<std::string> setup;  // launch.setup: shell commands of the batch script, before the program starts
    std::optional<Container> container;
    std::vector<std::string> srun_arguments;  // cluster.srun_args: more options for every srun of the job
    std::optional<Code> code;
    Entry entry;
    std::string results_dir;   // run.results_dir, absolute; a job writes to <results_dir>/<job id>
    std::string step_key;      // of a step whose job has another configuration or none: it writes to a directory of its
                               // own in the job's, which this names: step_key_digits of its digest, without secrets'
                               // labels; empty: the job's own
    std::string secrets_file;  // what references of the plan refer to (lib/secret); absolute, empty: there are none
    std::optional<ConfigurationFile> configuration_file;  // that holds `config`; a plan that was read has none itself
    config::Value config;                                 // the resolved recipe, what the training program reads

    bool operator==(const LaunchPlan&) const = default;
};

/// Stands for `<results_dir>/<job id>` in a plan's configuration, because the job id is not known when it is made:
/// a string that starts with this text has the text replaced on the node.
[[nodiscard]] std::string job_directory_placeholder(std::string_view results_dir);

/// Where the job's clone lies: `code` in its directory, in which the placeholder stands.
[[nodiscard]] std::string code_directory(std::string_view results_dir);

/// Where a job's configuration lies that its plan has no room for: a hidden file of the user's own in the results
/// directory, since that is what all of the job's nodes see. `name`: 32 hexadecimal digits.
[[nodiscard]] std::string configuration_path(std::string_view results_dir, std::string_view name);
/// Whether a path is one of these.
[[nodiscard]] bool is_configuration_path(std::string_view path) noexcept;

/// One line of JSON. Code plan.too_large when it would exceed max_bytes, or the configuration what its file may have.
/// `config`: config_json() of the plan's own, for whoever has it. It is left out where the plan names a file for it.
[[nodiscard]] Expected<std::string> to_json(const LaunchPlan& plan);
[[nodiscard]] Expected<std::string> to_json(const LaunchPlan& plan, std::string_view config);

/// A configuration as it stands in a plan's JSON, and the digest of one.
[[nodiscard]] std::string config_json(const config::Value& config);
[[nodiscard]] std::string digest_of_json(std::string_view config);

/// The inverse; bounded in time and memory whatever the text is. Every number is checked against its limits and the
/// digest against the configuration, which is null where a file has it. Code plan.malformed, plan.version.
[[nodiscard]] Expected<LaunchPlan> from_json(std::string_view text);

/// The configuration that the plan's file holds, from the file's text: checked against the plan's size and digest. Code
/// plan.file.
[[nodiscard]] Expected<config::Value> configuration_from_json(const LaunchPlan& plan, std::string_view text);

/// The same without the configuration, which is not read.
[[nodiscard]] Expected<LaunchPlan> from_json_without_config(std::string_view text);

/// The same for slurmctld, which reads no more than it needs.
[[nodiscard]] Expected<Summary> summary_from_json(std::string_view text);

/// Whether what an override gives is a secret: the override with this number and text.
using IsSecretOverride = std::function<bool(std::size_t index, const std::string& text)>;

/// The plan with references (lib/secret) in place of secrets: in its configuration, variables, overrides, setup, and
/// arguments. They are added to `references`. The digest is left to whoever finishes the plan.
[[nodiscard]] LaunchPlan hide_secrets(LaunchPlan plan, secret::References& references,
                                      const IsSecretOverride& is_secret);

/// The inverse: `texts` is what the plan's file of secrets holds. Neither digest nor file are touched, so that the plan
/// is still the one that travels.
[[nodiscard]] LaunchPlan restore_secrets(LaunchPlan plan, const std::vector<std::string>& texts);

/// The digest that from_json expects for this configuration: that of its JSON.
[[nodiscard]] std::string digest_of(const config::Value& config);

}  // namespace recipe::plan
