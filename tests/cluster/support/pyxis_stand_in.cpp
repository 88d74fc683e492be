// SPDX-License-Identifier: Apache-2.0
// A stand-in for pyxis, for tests: takes the options and variables that pyxis takes, in the way that it takes them, and
// starts no container. What each step would get is written down instead.
//
//   required pyxis_stand_in.so version=0.19 record=DIR [sbatch_support=0] [variable=NAME]
//
//   version          0.19 (no PYXIS_CONTAINER_* variables; so does 0.20) or 0.24 (so do 0.21 and later)
//   record           DIR/<job>.<step>.<node of the step> has one line for each thing that the step would get
//   sbatch_support   as pyxis' own: 0 keeps the options out of sbatch and salloc
//   variable         is recorded as the container runtime would have it; pyxis copies the job's environment in
//   user_init
//
// It answers to pyxis' name, since that is part of how Slurm hands options on.
extern "C" {
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>

extern const char plugin_name[];
extern const char plugin_type[];
extern const unsigned int plugin_version;
const char plugin_name[] = "pyxis";
const char plugin_type[] = "spank";
const unsigned int plugin_version = SLURM_VERSION_NUMBER;
}

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Settings {
    bool knows_variables = false;  // 0.21 and later
    bool sbatch_support = true;
    std::string record;
    std::vector<std::string> variables;
};
Settings settings;

/// What options and variables have said. A scalar is said once; another value is refused, and the first stays.
struct Said {
    std::map<std::string, std::string> scalars;
    std::vector<std::string> mounts;
    std::vector<std::string> kept_variables;
};
Said said;
FILE* record = nullptr;

int refuse(const std::string& why) {
    slurm_error("pyxis: %s", why.c_str());
    if (record != nullptr)
        fprintf(record, "error=%s\n", why.c_str());
    else
        said.scalars["early error"] = why;
    return -1;
}

int say_once(const std::string& name, const char* value, const std::string& otherwise) {
    const auto [place, first] = said.scalars.try_emplace(name, value);
    return first || place->second == value ? 0 : refuse(otherwise);
}

int take_text(const std::string& name, const char* value) {
    if (value == nullptr || *value == '\0') return refuse("--container-" + name + ": argument required");
    return say_once(name, value, "--container-" + name + " specified multiple times");
}

int take_choice(const std::string& name, bool value) {
    return say_once(name, value ? "1" : "0", "both --container-" + name + " and its opposite were specified");
}

void add_unique(std::vector<std::string>& list, const std::string& entry) {
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
}

std::string default_flags(const std::string& source) {
    if (!source.empty() && (source.front() == '.' || source.front() == '/')) return "x-create=auto,rbind";
    if (source == "tmpfs") return "x-create=dir";
    return source == "umount" ? "x-detach" : "";
}

/// SOURCE[:TARGET[:FLAG+FLAG...]], which becomes a line of an fstab.
int take_mount(const std::string& text) {
    const std::size_t first = text.find(':');
    const std::string source = text.substr(0, first);
    const std::string rest = first == std::string::npos ? std::string() : text.substr(first + 1);
    const std::size_t second = rest.find(':');
    const std::string target = first == std::string::npos ? source : rest.substr(0, second);
    std::string flags = second == std::string::npos ? std::string() : rest.substr(second + 1);
    std::replace(flags.begin(), flags.end(), '+', ',');
    if (source.empty() || target.empty()) return refuse("--container-mounts: invalid format: " + text);
    const std::string defaults = default_flags(source);
    if (defaults.empty() || (target.front() != '.' && target.front() != '/'))
        return refuse("could not add mount entry: " + source + ":" + target);
    add_unique(said.mounts, source + " " + target + " " + defaults + (flags.empty() ? "" : "," + flags));
    return 0;
}

/// Up to the first that is wrong, as pyxis does.
int take_list(const char* value, int (*take)(const std::string&)) {
    if (value == nullptr || *value == '\0') return refuse("argument required");
    std::string_view rest = value;
    while (true) {
        const std::size_t comma = rest.find(',');
        if (take(std::string(rest.substr(0, comma))) != 0) return -1;
        if (comma == std::string_view::npos) return 0;
        rest.remove_prefix(comma + 1);
    }
}

int take_kept_variable(const std::string& name) {
    if (name.empty()) return refuse("--container-env: invalid format");
    add_unique(said.kept_variables, name);
    return 0;
}

int on_image(int, const char* value, int) {
    return take_text("image", value);
}
int on_mounts(int, const char* value, int) {
    return take_list(value, take_mount);
}
int on_workdir(int, const char* value, int) {
    return take_text("workdir", value);
}
int on_name(int, const char* value, int) {
    return take_text("name", value);
}
int on_save(int, const char* value, int) {
    return take_text("save", value);
}
int on_mount_home(int value, const char*, int) {
    return take_choice("mount-home", value != 0);
}
int on_remap_root(int value, const char*, int) {
    return take_choice("remap-root", value != 0);
}
int on_entrypoint(int value, const char*, int) {
    return take_choice("entrypoint", value != 0);
}
int on_writable(int value, const char*, int) {
    return take_choice("writable", value != 0);
}
int on_entrypoint_log(int, const char*, int) {
    return 0;
}
int on_environment(int, const char* value, int) {
    return take_list(value, take_kept_variable);
}
int on_unshare(int, const char* value, int) {
    return take_text("unshare", value);
}

struct Option {
    const char* name;
    const char* argument;  // null: takes none
    int value;
    spank_opt_cb_f callback;
    bool since_0_21 = false;
};
constexpr std::array options{
    Option{"container-image", "IMAGE", 0, on_image},
    Option{"container-mounts", "SRC:DST[:FLAGS]", 0, on_mounts},
    Option{"container-workdir", "PATH", 0, on_workdir},
    Option{"container-name", "NAME", 0, on_name},
    Option{"container-save", "PATH", 0, on_save},
    Option{"container-mount-home", nullptr, 1, on_mount_home},
    Option{"no-container-mount-home", nullptr, 0, on_mount_home},
    Option{"container-remap-root", nullptr, 1, on_remap_root},
    Option{"no-container-remap-root", nullptr, 0, on_remap_root},
    Option{"container-entrypoint", nullptr, 1, on_entrypoint},
    Option{"no-container-entrypoint", nullptr, 0, on_entrypoint},
    Option{"container-entrypoint-log", nullptr, 1, on_entrypoint_log, true},
    Option{"container-writable", nullptr, 1, on_writable},
    Option{"container-readonly", nullptr, 0, on_writable},
    Option{"container-env", "NAME[,NAME...]", 0, on_environment},
    Option{"container-unshare", "NS[,NS...]", 1, on_unshare, true},
};

void register_options(spank_t spank) {
    static std::array<spank_option, options.size()> registered{};
    for (std::size_t i = 0; i < options.size(); ++i) {
        const Option& option = options[i];
        if (option.since_0_21 && !settings.knows_variables) continue;
        registered[i] = {const_cast<char*>(option.name),
                         const_cast<char*>(option.argument),
                         const_cast<char*>("[stand-in for pyxis]"),
                         option.argument != nullptr ? 1 : 0,
                         option.value,
                         option.callback};
        spank_option_register(spank, &registered[i]);
    }
}

/// A variable longer than a path is not seen, as in pyxis.
std::string variable(spank_t spank, const char* name) {
    if (spank_context() != S_CTX_REMOTE) {
        const char* value = std::getenv(name);
        return value != nullptr ? value : "";
    }
    std::array<char, PATH_MAX> value{};
    return spank_getenv(spank, name, value.data(), value.size()) == ESPANK_SUCCESS ? value.data() : "";
}

/// A variable counts where no option has spoken.
void take_variables(spank_t spank) {
    struct Text {
        const char* variable;
        const char* name;
        int (*take)(int, const char*, int);
    };
    constexpr std::array texts{Text{"PYXIS_CONTAINER_IMAGE", "image", on_image},
                               Text{"PYXIS_CONTAINER_WORKDIR", "workdir", on_workdir},
                               Text{"PYXIS_CONTAINER_NAME", "name", on_name}};
    for (const Text& text : texts)
        if (const std::string value = variable(spank, text.variable);
            !value.empty() && !said.scalars.contains(text.name))
            text.take(0, value.c_str(), 0);
    const std::string mounts = variable(spank, "PYXIS_CONTAINER_MOUNTS");
    if (!mounts.empty() && said.mounts.empty()) on_mounts(0, mounts.c_str(), 0);
    struct Choice {
        const char* variable;
        const char* name;
        int (*take)(int, const char*, int);
        bool opposite = false;
    };
    constexpr std::array choices{Choice{"PYXIS_CONTAINER_MOUNT_HOME", "mount-home", on_mount_home},
                                 Choice{"PYXIS_CONTAINER_REMAP_ROOT", "remap-root", on_remap_root},
                                 Choice{"PYXIS_CONTAINER_WRITABLE", "writable", on_writable},
                                 Choice{"PYXIS_CONTAINER_READONLY", "writable", on_writable, true}};
    for (const Choice& choice : choices) {
        const std::string value = variable(spank, choice.variable);
        const bool yes = value == "1" || value == "true" || value == "yes" || value == "y";
        const bool no = value == "0" || value == "false" || value == "no" || value == "n";
        if ((yes || no) && !said.scalars.contains(choice.name)) choice.take(yes != choice.opposite ? 1 : 0, nullptr, 0);
    }
}

std::string step_name(std::uint32_t step) {
    if (step == SLURM_BATCH_SCRIPT) return "batch";
    if (step == SLURM_EXTERN_CONT) return "extern";
    if (step == 0xfffffffa) return "interactive";
    return std::to_string(step);
}

void open_record(spank_t spank) {
    std::uint32_t job = 0;
    std::uint32_t step = 0;
    std::uint32_t node = 0;
    spank_get_item(spank, S_JOB_ID, &job);
    spank_get_item(spank, S_JOB_STEPID, &step);
    spank_get_item(spank, S_JOB_NODEID, &node);
    const std::string path =
        settings.record + "/" + std::to_string(job) + "." + step_name(step) + "." + std::to_string(node);
    record = fopen(path.c_str(), "we");
}

void write_record() {
    if (record == nullptr) return;
    const bool enabled = said.scalars.contains("image") || said.scalars.contains("name");
    fprintf(record, "container=%s\n", enabled ? "yes" : "no");
    for (const auto& [name, value] : said.scalars) fprintf(record, "%s=%s\n", name.c_str(), value.c_str());
    for (const std::string& mount : said.mounts) fprintf(record, "mount=%s\n", mount.c_str());
    for (const std::string& name : said.kept_variables) fprintf(record, "env=%s\n", name.c_str());
    fflush(record);
}

void read_settings(int argument_count, char** arguments) {
    settings = {};
    for (int i = 0; i < argument_count; ++i) {
        const std::string_view word = arguments[i];
        const std::string_view value = word.substr(std::min(word.size(), word.find('=') + 1));
        if (word.starts_with("version=")) settings.knows_variables = value != "0.19";
        if (word.starts_with("record=")) settings.record = value;
        if (word.starts_with("sbatch_support=")) settings.sbatch_support = value != "0";
        if (word.starts_with("variable=")) settings.variables.emplace_back(value);
    }
}

}  // namespace

extern "C" {

int slurm_spank_init(spank_t spank, int argument_count, char** arguments) {
    const spank_context_t context = spank_context();
    if (context != S_CTX_ALLOCATOR && context != S_CTX_LOCAL && context != S_CTX_REMOTE) return 0;
    read_settings(argument_count, arguments);
    if (context == S_CTX_ALLOCATOR && !settings.sbatch_support) return 0;
    register_options(spank);
    return 0;
}

int slurm_spank_init_post_opt(spank_t spank, int, char**) {
    const spank_context_t context = spank_context();
    if (context == S_CTX_REMOTE) open_record(spank);
    if (settings.knows_variables && (context != S_CTX_ALLOCATOR || settings.sbatch_support)) take_variables(spank);
    if (context == S_CTX_REMOTE) write_record();
    return 0;
}

int slurm_spank_user_init(spank_t spank, int, char**) {
    if (record == nullptr) return 0;
    for (const std::string& name : settings.variables) {
        std::vector<char> value(64 * 1024);
        if (spank_getenv(spank, name.c_str(), value.data(), static_cast<int>(value.size())) == ESPANK_SUCCESS)
            fprintf(record, "variable %s=%s\n", name.c_str(), value.data());
    }
    fflush(record);
    return 0;
}

}  // extern "C"
