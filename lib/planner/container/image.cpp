// SPDX-License-Identifier: Apache-2.0
// What people write for an image, and what pyxis takes. pyxis: a text that begins with '/' or '.' is a squashfs file,
// `docker://` and `dockerd://` are enroot's URIs, and before anything else it puts `docker://`. enroot wants `#`
// between registry and image; versions before 4 take what stands before the first '/' for a part of Docker Hub's name.
#include "planner/container/image.hpp"

#include "diagnostic/codes/launch.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>

namespace recipe::planner {
namespace {

using config::Value;
using storage::Content;

constexpr std::size_t max_image_bytes = 4000;

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// One word for the shell, and within it a quoted text for the override: '#' and ':' mean something to it.
std::string set_to(std::string_view image) {
    const bool plain = std::ranges::all_of(image, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' || c == '_' || c == '-';
    });
    return plain ? fmt::format("--recipe-set=container={}", image)
                 : fmt::format("--recipe-set=container=\"'{}'\"", image);
}

class Reading {
public:
    Reading(const Value& value, const PathContext& here, Diagnostics& notes)
        : value_(value), here_(here), notes_(notes) {}

    Expected<std::optional<std::string>> read(const std::string& text) {
        if (text.empty()) return std::nullopt;
        if (text.size() > max_image_bytes || slurm_text::has_blank_or_control(text))
            return fail("is no image: it has blanks or line ends, or more than 4000 bytes", {});
        if (text.front() == '/') return path(storage::normal(text));
        if (text.front() == '.') return relative(text);
        if (text.starts_with("~/")) return fail("is a path for shells only", set_to(home() + text.substr(1)));
        return reference(text);
    }

private:
    std::string home() const {
        const auto found = here_.environment.find("HOME");
        return found != here_.environment.end() ? found->second : std::string("$HOME");
    }

    Diagnostic diagnostic(DiagnosticCode code, std::string_view what, std::string fix) const {
        return {.code = code,
                .key = "container",
                .source = value_.position().source(),
                .message = fmt::format("container {} {}", *value_.as_string(), what),
                .fix = std::move(fix)};
    }
    std::unexpected<Diagnostics> refused(DiagnosticCode code, std::string_view what, std::string fix) const {
        return refuse(diagnostic(code, what, std::move(fix)));
    }
    std::unexpected<Diagnostics> fail(std::string_view what, std::string fix) const {
        return refused(codes::container.image, what, std::move(fix));
    }

    Expected<std::optional<std::string>> relative(const std::string& text) {
        return fail("is a relative path, which is another file wherever it is read",
                    set_to(storage::normal((here_.working_directory / text).string())));
    }

    Expected<std::optional<std::string>> path(const std::string& file) {
        const std::string imported = file.substr(0, file.rfind(".sif")) + ".sqsh";
        const std::string import = fmt::format("enroot import -o {} docker://IMAGE", imported);
        switch (here_.host.content(file)) {
            case Content::squashfs:
                return file;
            case Content::directory:
                return fail("is a directory; pyxis wants a squashfs file",
                            fmt::format("mksquashfs {0} {0}.sqsh", file));
            case Content::singularity:
                return fail("is an image of Apptainer; pyxis wants a squashfs file", import);
            case Content::unreadable:
                return refused(codes::container.unreadable, "may not be read by you",
                               fmt::format("chmod a+r {}", file));
            case Content::other:
                return fail("is no squashfs file", import);
            case Content::missing:
                break;
        }
        if (file.ends_with(".sif")) return fail("is an image of Apptainer; pyxis wants a squashfs file", import);
        const std::string directory = file.substr(0, std::max<std::size_t>(file.rfind('/'), 1));
        if (here_.host.status_of(directory).exists)
            return refused(codes::container.missing, fmt::format("is not there, and {} is", directory),
                           fmt::format("enroot import -o {} docker://IMAGE", file));
        notes_.push_back(diagnostic(
            codes::container.not_visible,
            fmt::format("is not visible from here: there is no {} on this host; the nodes look for it", directory),
            {}));
        return file;
    }

    /// `[scheme://][user@][host#]name[:tag][@digest]`
    Expected<std::optional<std::string>> reference(std::string text) {
        bool daemon = false;
        if (const std::size_t sign = text.find("://"); sign != std::string::npos) {
            const std::string scheme = text.substr(0, sign);
            text.erase(0, sign + 3);
            daemon = scheme == "dockerd";
            if (scheme == "podman")
                return fail("is of podman, which pyxis does not ask",
                            fmt::format("enroot import -o IMAGE.sqsh podman://{}", text));
            if (scheme != "docker" && !daemon)
                return fail("has a scheme that pyxis does not know; it knows docker:// and dockerd://", {});
        } else if (text.ends_with(".sqsh") || text.ends_with(".squashfs") || text.ends_with(".sif")) {
            return relative(text);
        }
        if (daemon) return named({}, text) ? Expected<std::optional<std::string>>("dockerd://" + text) : not_named();

        std::string host;
        if (const std::size_t sign = text.find('#'); sign != std::string::npos) {
            host = text.substr(0, sign);
            text.erase(0, sign + 1);
            if (host.empty() || host.find('/') != std::string::npos) return not_named();
            return registry(host, text, false);
        }
        const std::size_t slash = text.find('/');
        const std::string first = text.substr(0, slash);
        // Docker's own rule for what is a host.
        const bool is_host = slash != std::string::npos && (first.find_first_of(".:") != std::string::npos ||
                                                            first == "localhost" || first.ends_with("@localhost"));
        if (!is_host) return registry({}, text, false);
        text.erase(0, slash + 1);
        if (first == "docker.io" || first == "index.docker.io") return registry({}, text, true);
        return registry(first, text, true);
    }

    Expected<std::optional<std::string>> registry(const std::string& host, const std::string& name, bool rewritten) {
        if (!named(host, name)) return not_named();
        std::string image = host.empty() ? name : host + '#' + name;
        if (const auto problem = elastic(host, name)) {
            if (problem->severity == Severity::error) return std::unexpected(Diagnostics{*problem});
            notes_.push_back(*problem);
        }
        if (rewritten)
            notes_.push_back(
                diagnostic(codes::container.rewritten, fmt::format("is {} to pyxis", image), set_to(image)));
        return image;
    }

    /// Docker's grammar: lower case, and a tag or a digest.
    bool named(std::string_view host, std::string_view name) const {
        const auto in = [](std::string_view text, std::string_view more, bool capitals) {
            return std::ranges::all_of(text, [&](char c) {
                return is_lower(c) || is_digit(c) || more.find(c) != std::string_view::npos ||
                       (capitals && c >= 'A' && c <= 'Z');
            });
        };
        if (!in(host, ".-:@_$%+", true)) return false;
        std::string_view tag;
        if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
            const std::string_view digest = name.substr(at + 1);
            if (!digest.starts_with("sha256:") || !in(digest.substr(7), "", false)) return false;
            name = name.substr(0, at);
        }
        if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
            tag = name.substr(colon + 1);
            name = name.substr(0, colon);
            if (tag.empty() || tag.size() > 128 || !in(tag, "._-", true)) return false;
        }
        return !name.empty() && name.front() != '/' && name.back() != '/' &&
               name.find("//") == std::string_view::npos && in(name, "._-/", false);
    }

    std::unexpected<Diagnostics> not_named() const {
        return fail(
            "is neither the absolute path of a squashfs file nor the name of an image: HOST#NAME:TAG, in lower case",
            {});
    }

    /// ACCOUNT.dkr.ecr.REGION.amazonaws.com
    std::optional<Diagnostic> elastic(std::string_view host, std::string_view name) const {
        const std::size_t sign = host.find(".dkr.ecr");
        if (sign == std::string_view::npos || host.find(".amazonaws.com") == std::string_view::npos)
            return std::nullopt;
        std::string_view account = host.substr(0, sign);
        if (const std::size_t at = account.rfind('@'); at != std::string_view::npos) account.remove_prefix(at + 1);
        if (account.size() != 12 || !std::ranges::all_of(account, is_digit))
            return diagnostic(codes::container.image,
                              fmt::format("is of no AWS account: `{}` is not 12 digits", account), {});
        std::string_view rest = host.substr(sign + std::string_view(".dkr.ecr").size());
        if (rest.starts_with("-fips")) rest.remove_prefix(5);
        rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
        const std::string_view region = rest.substr(0, rest.find('.'));
        for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
            const auto here = here_.environment.find(variable);
            if (here == here_.environment.end() || here->second.empty()) continue;
            if (here->second == region) return std::nullopt;
            std::string right(host);
            right.replace(right.find(region, sign), region.size(), here->second);
            return diagnostic(codes::container.region,
                              fmt::format("is in {}, and {} is {}", region, variable, here->second),
                              set_to(fmt::format("{}#{}", right, name)));
        }
        return std::nullopt;
    }

    const Value& value_;
    const PathContext& here_;
    Diagnostics& notes_;
};

}  // namespace

Expected<std::optional<std::string>> image_of(const Value& root, const PathContext& here, Diagnostics& notes) {
    const Value* value = root.find("container");
    if (value == nullptr || value->is_null()) return std::nullopt;
    const std::string* text = value->as_string();
    if (text == nullptr)
        return refuse({.code = codes::container.image,
                       .key = "container",
                       .source = value->position().source(),
                       .message = fmt::format("container is {}; it is a path, the name of an image, or null",
                                              config::describe(value->kind()))});
    return Reading(*value, here, notes).read(*text);
}

std::optional<std::string> import_uri(std::string_view image) {
    if (image.starts_with('/')) return std::nullopt;
    return image.starts_with("dockerd://") ? std::string(image) : fmt::format("docker://{}", image);
}

std::string file_name_for(std::string_view image) {
    if (const std::size_t scheme = image.find("://"); scheme != std::string_view::npos) image.remove_prefix(scheme + 3);
    if (const std::size_t host = image.find('#'); host != std::string_view::npos) image.remove_prefix(host + 1);
    std::string name(image);
    std::ranges::replace_if(name, [](char c) { return c == '/' || c == ':' || c == '@'; }, '+');
    return name + ".sqsh";
}

}  // namespace recipe::planner
