// SPDX-License-Identifier: Apache-2.0
// What is said of a choice that cannot be made, and where a chosen configuration goes; as in Hydra.
#include "../collection_fixture.hpp"
#include "catch.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

class Groups {
public:
    Groups() {
        root("[{db: alpha}]");
        for (const char* file : {"db/alpha", "db/beta", "free/one"})
            write(std::string(file) + ".yaml",
                  "v: " + std::string(file).substr(std::string(file).find('/') + 1) + "\n");
    }
    void write(const std::string& name, const std::string& text) const { collection_.write(name, text); }
    void root(const std::string& defaults) const { write("config.yaml", "defaults: " + defaults + "\n"); }
    [[nodiscard]] Expected<Resolved> with(const std::vector<std::string>& overrides) const {
        return compose_unresolved(collection_.request("", overrides));
    }
    [[nodiscard]] std::string json(const std::vector<std::string>& overrides = {}) const {
        const auto resolved = with(overrides);
        return resolved ? to_json(resolved->root) : resolved.error().front().message;
    }
    [[nodiscard]] std::string json_of(const std::string& defaults) const {
        root(defaults);
        return json();
    }

private:
    CollectionFixture collection_;
};

}  // namespace

TEST_CASE("a choice that no defaults list has room for is refused, or added") {
    const Groups groups;
    const std::string nowhere = "` is in no defaults list, so its option cannot be replaced";
    CHECK(groups.json({"free=one"}) == "`free" + nowhere);
    CHECK(groups.with({"free=one"}).error().front().fix == "--recipe-set=+free=one");
    CHECK(groups.with({"free=[one,one]"}).error().front().fix == "--recipe-set='+free=[one,one]'");
    CHECK(groups.json({"+free=one"}) == R"({"db":{"v":"alpha"},"free":{"v":"one"}})");
    CHECK(groups.json({"db@p=beta"}) == "`db@p" + nowhere + "; did you mean `db`?");
    CHECK(groups.json({"db=beta"}) == R"({"db":{"v":"beta"}})");
    CHECK(groups.json({"db=[alpha,beta]"}) == R"({"db":{"v":"beta"}})");
    CHECK(groups.json({"+db@p=beta"}) == R"({"db":{"v":"alpha"},"p":{"v":"beta"}})");
    CHECK(groups.json({"~db"}) == "{}");
    CHECK(groups.json({"~db=alpha"}) == "{}");
    CHECK(groups.json({"~db=beta"}) == "`db=beta` is in no defaults list, so it cannot be taken out");
    CHECK(groups.json({"~free"}) == "`free` is in no defaults list, so it cannot be taken out");
    CHECK(groups.with({"~free"}).error().front().source.column == 2);
}

TEST_CASE("the option of a group is a text or a list of texts") {
    const Groups groups;
    const std::string option = "`db` is a group of configurations: its option is a string or a list of strings, not ";
    CHECK(groups.json({"db=5"}) == option + "an int");
    CHECK(groups.json({"db=null"}) == option + "null");
    CHECK(groups.json({"db=[alpha,5]"}) == option + "a list");
    CHECK(groups.with({"db=5"}).error().front().source.column == 4);
    CHECK(groups.json({"~db=5"}) == "the option of a group is a string, not an int");
    CHECK(groups.json({"++db=beta"}) ==
          "`db` is a group of configurations: choose with `db=OPTION`, or add with `+db=OPTION`");
    CHECK(groups.json({"db={v:own}"}) == R"({"db":{"v":"own"}})");
}

TEST_CASE("an option that is not there is answered with one that is") {
    const Groups groups;
    const auto refused = groups.with({"db=alhpa"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().message == "`db` has no option `alhpa`; did you mean `alpha`?");
    CHECK(refused.error().front().fix == "--recipe-set=db=alpha");
    CHECK(refused.error().front().source.name == "override 1");
    CHECK(refused.error().front().source.column == 4);
    CHECK(groups.json({"db=zzzzzz"}) == "`db` has no option `zzzzzz`; options are `alpha`, `beta`");
    CHECK(groups.json_of("[nope]") == "there is no configuration `nope`, which `config` names");
    CHECK(groups.json_of("[{db: '\?\?\?'}]") == "`db` has to be chosen; options are `alpha`, `beta`");
    CHECK(groups.with({}).error().front().fix == "db=OPTION");
    CHECK(groups.json({"db=beta"}) == R"({"db":{"v":"beta"}})");
    CHECK(groups.json_of("[{optional db: nope}, optional]").contains("there is no configuration `optional`"));
}

TEST_CASE("a defaults list that contradicts itself is refused") {
    const Groups groups;
    CHECK(groups.json_of("[{db: alpha}, {db: beta}]").contains("`db` is given twice, as `"));
    CHECK(groups.json().ends_with("; to replace the first, say `override db`"));
    CHECK(groups.json_of("[{db: alpha}, {db: alpha}]") == "`db` stands more than once in the defaults lists");
    CHECK(groups.json_of("[_self_, {db: alpha}, _self_]") == "`_self_` stands twice in the defaults list of `config`");
    CHECK(groups.json_of("[config]") == "defaults lists lead to one another without end");
    CHECK(groups.with({}).error().size() == 1);
    CHECK(groups.json_of("[{override db: alpha}]") ==
          "`db` is in no defaults list, so its option cannot be replaced (in `config`)");
    CHECK(groups.json_of("[{db: ['${x}']}]") == "an interpolation cannot stand in a list of options");
    CHECK(groups.json_of("[{free: one}, {db: '${nope}'}]") ==
          "`${nope}` cannot be resolved in a defaults list; what can be named there is `free`");
}

TEST_CASE("an option may be named by another's, by group or by place") {
    const Groups groups;
    groups.write("db/one.yaml", "v: same\n");
    CHECK(groups.json_of("[{free: one}, {db: '${free}'}]") == R"({"free":{"v":"one"},"db":{"v":"same"}})");
    CHECK(groups.json_of("[{free: one}, {db: '${defaults.0.free}'}]") == R"({"free":{"v":"one"},"db":{"v":"same"}})");
    CHECK(groups.json_of("[{free: one}, 'db/${free}']") == R"({"free":{"v":"one"},"db":{"v":"same"}})");
}

TEST_CASE("a package says where a configuration goes") {
    const Groups groups;
    groups.write("db/engine/fast.yaml", "speed: 9\n");
    CHECK(groups.json_of("[{db@_global_: alpha}]") == R"({"v":"alpha"})");
    CHECK(groups.json_of("[{db@_global_.p: alpha}]") == R"({"p":{"v":"alpha"}})");
    CHECK(groups.json_of("[{db@_here_: alpha}]") == R"({"v":"alpha"})");
    CHECK(groups.json_of("[{db@_group_.sub: alpha}]") == R"({"db":{"sub":{"v":"alpha"}}})");
    CHECK(groups.json_of("[{db@p.q: alpha}]") == R"({"p":{"q":{"v":"alpha"}}})");
    CHECK(groups.json_of("[{db/engine: fast}]") == R"({"db":{"engine":{"speed":9}}})");
    CHECK(groups.json_of("[/db/engine/fast]") == R"({"db":{"engine":{"speed":9}}})");
    groups.write("db/gamma.yaml", "defaults: [{engine@_here_: fast}]\n");
    CHECK(groups.json_of("[{db: gamma}]") == R"({"db":{"speed":9}})");
    groups.write("db/gamma.yaml", "defaults: [{engine@_global_: fast}]\n");
    CHECK(groups.json() == R"({"speed":9,"db":{}})");
    groups.write("db/gamma.yaml", "defaults: [{/free: one}, engine/fast]\n");
    CHECK(groups.json() == R"({"db":{"free":{"v":"one"},"engine":{"speed":9}}})");
    CHECK(groups.json({"db/engine@db.engine=fast"}).contains("in no defaults list"));
}
