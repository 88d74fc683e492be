// SPDX-License-Identifier: Apache-2.0
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "site/site.hpp"

namespace recipe::site {

TEST_CASE("a site says how severe a code is") {
    const HardwareFile file("severities: {devices.partial: error, precision.fp8_leftover: off, data.missing: warning}");
    const auto settings = load(file.path);
    REQUIRE(settings);
    CHECK(settings->severities.at("devices.partial") == Severity::error);
    CHECK(settings->severities.at("precision.fp8_leftover") == std::nullopt);
    CHECK(settings->severities.at("data.missing") == Severity::warning);
}

TEST_CASE("a site's severities are for codes that there are, and not for what no plan can do without") {
    for (const auto& [text, words] : {std::pair{"severities: {precision.fp9: off}", "did you mean precision.fp8?"},
                                      std::pair{"severities: {devices.range: warning}", "stays an error"},
                                      std::pair{"severities: {compose.yaml: off}", "stays an error"},
                                      std::pair{"severities: {precision.fp8: loud}", "error, warning, hint or off"},
                                      std::pair{"severities: [precision.fp8]", "a map"}}) {
        INFO(text);
        const HardwareFile file(text);
        const auto settings = load(file.path);
        REQUIRE_FALSE(settings);
        CHECK(settings.error().front().code == "site.file");
        CHECK(settings.error().front().message.find(words) != std::string::npos);
    }
}

TEST_CASE("a site sets variables, asks for interfaces by route, and says how long nodes may check") {
    const HardwareFile file("env_vars: {HF_HOME: /fsx/hf, THREADS: 4}\ninterfaces: route\nnode_check_seconds: 0");
    const auto settings = load(file.path);
    REQUIRE(settings);
    CHECK(settings->environment ==
          std::vector<std::pair<std::string, std::string>>{{"HF_HOME", "/fsx/hf"}, {"THREADS", "4"}});
    CHECK(settings->interfaces_by_route);
    CHECK(settings->check_seconds == 0);
    for (const char* text :
         {"env_vars: [A]", "env_vars: {A-B: 1}", "env_vars: {A: [1]}", "env_vars: {A: null}", "interfaces: eth0",
          "node_check_seconds: 61", "node_check_seconds: -1", "node_check_seconds: soon"}) {
        INFO(text);
        const HardwareFile wrong(text);
        const auto refused = load(wrong.path);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "site.file");
    }
}

TEST_CASE("a site's ports are those that programs may take, in order, and its directories are absolute") {
    const HardwareFile widest(
        "rendezvous: {first_port: 1024, last_port: 65535}\npaths: {shared: [/a/../b], strict: true}");
    const auto settings = load(widest.path);
    REQUIRE(settings);
    CHECK(settings->ports.first == 1024);
    CHECK(settings->ports.last == 65535);
    const HardwareFile single("rendezvous: {first_port: 2000, last_port: 2000}");
    CHECK(load(single.path));
    for (const char* text :
         {"rendezvous: {first_port: 1023, last_port: 65535}", "rendezvous: {first_port: 1024, last_port: 65536}",
          "rendezvous: {first_port: 2001, last_port: 2000}", "rendezvous: {first_port: 2000}",
          "rendezvous: {first_port: 2000, last_port: 2001, third: 1}", "rendezvous: {first_port: x, last_port: 2000}",
          "rendezvous: 2000", "paths: {strict: maybe}", "paths: {strict: null}", "paths: {shared: /fsx}",
          "paths: {shared: [fsx]}", "paths: {shared: [1]}", "paths: {elsewhere: []}", "paths: [/fsx]"}) {
        INFO(text);
        const HardwareFile wrong(text);
        const auto refused = load(wrong.path);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "site.file");
    }
}

}  // namespace recipe::site
