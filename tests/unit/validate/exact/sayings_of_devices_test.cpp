// SPDX-License-Identifier: Apache-2.0
// What is said of machines and of the devices that a recipe takes of them, word for word.
#include "sayings.hpp"

namespace recipe::validate {
namespace {

using namespace sayings;

#define NOT_KNOWN " is not in the hardware catalogue, so that nothing is checked against it"

const Row devices[] = {
    {"devices.unset", llama, "trainer.devices=null model.shard_degree=1", warning, "trainer.devices",
     "trainer.devices is not set and the instance type is not known, so that one process starts per node", ""},
    {"devices.unknown_instance", llama, "instance_type=our-own-box", warning, "instance_type",
     "the instance type our-own-box" NOT_KNOWN, ""},
    {"devices.unknown_instance", llama, "instance_type=p5.48xl", warning, "instance_type",
     "the instance type p5.48xl" NOT_KNOWN "; did you mean p5.48xlarge?", "instance_type=p5.48xlarge"},
    {"devices.unknown_instance", llama, "instance_type=8xH100", warning, "instance_type",
     "the instance type 8xH100" NOT_KNOWN "; machines with such an accelerator: p5.48xlarge, dgx-h100, hgx-h100-8",
     "instance_type=p5.48xlarge"},
    // No machine of two of them is known.
    {"devices.unknown_instance", llama, "instance_type=2xh200", warning, "instance_type",
     "the instance type 2xh200" NOT_KNOWN "; it is the name of an accelerator, NVIDIA H200", ""},
    // 8 ranks on nodes of 4 are two nodes.
    {"devices.exceeds", llama, "instance_type=g5.12xlarge", error, "trainer.devices",
     "trainer.devices is 8, but g5.12xlarge has 4 × NVIDIA A10G", "trainer.devices=4 trainer.num_nodes=2"},
    // Degrees that do not divide the world have an error of their own, and drive no nodes up.
    {"devices.exceeds", llama, "instance_type=g5.12xlarge model.shard_degree=3", error, "trainer.devices",
     "trainer.devices is 8, but g5.12xlarge has 4 × NVIDIA A10G", "trainer.devices=4 trainer.num_nodes=2"},
    {"devices.exceeds", neuron, "trainer.devices=64", error, "trainer.devices",
     "trainer.devices is 64, but trn1.32xlarge has 32 ranks on AWS Trainium", "trainer.devices=32 trainer.num_nodes=8"},
    {"devices.partial", llama, "instance_type=p5.48xlarge trainer.devices=4 trainer.num_nodes=2", warning,
     "trainer.devices", "the job uses 4 of the 8 devices of each p5.48xlarge", "trainer.devices=8 trainer.num_nodes=1"},
    // 12 ranks are one and a half nodes.
    {"devices.partial", llama, "instance_type=p5.48xlarge trainer.devices=4 trainer.num_nodes=3 model.shard_degree=4",
     warning, "trainer.devices", "the job uses 4 of the 8 devices of each p5.48xlarge", ""},
    {"devices.partial", neuron, "trainer.devices=16 trainer.num_nodes=8", warning, "trainer.devices",
     "the job uses 16 of the 32 NeuronCores of each trn1.32xlarge", "trainer.devices=32 trainer.num_nodes=4"},
    {"devices.accelerator_mismatch", llama, "instance_type=trn1.32xlarge trainer.devices=32", error,
     "trainer.accelerator", "the recipe is for GPUs, but trn1.32xlarge has AWS Trainium", ""},
    {"devices.accelerator_mismatch", llama, "instance_type=p5.48xlarge trainer.accelerator=trn", error,
     "trainer.accelerator", "the recipe is for NeuronCores, but p5.48xlarge has NVIDIA H100", ""},
    {"devices.not_listed", llama, "instance_type=ml.p4d.24xlarge ++recipes.instance_types=[ml.p5.48xlarge,g5.48xlarge]",
     warning, "instance_type", "the recipe was made for ['ml.p5.48xlarge', 'g5.48xlarge'], not for ml.p4d.24xlarge",
     ""},
    {"devices.type", llama, "trainer.devices=many", error, "trainer.devices",
     "trainer.devices is a string, but must be a positive int", ""},
    {"devices.type", llama, "trainer.devices='8'", error, "trainer.devices",
     "trainer.devices is a string, but must be a positive int", "trainer.devices=8"},
    {"devices.type", llama, "trainer.num_nodes=2.5", error, "trainer.num_nodes",
     "trainer.num_nodes is a float, but must be a positive int", ""},
    {"devices.type", llama, "trainer.devices=auto", error, "trainer.devices",
     "trainer.devices is auto, which needs a known instance_type", ""},
    {"devices.range", llama, "trainer.devices=1025", error, "trainer.devices",
     "trainer.devices must be from 1 to 1024, not 1025", ""},
    {"devices.range", llama, "trainer.num_nodes=0", error, "trainer.num_nodes",
     "trainer.num_nodes must be from 1 to 100000, not 0", ""},
    {"layout.range", llama, "model.shard_degree=-1", error, "model.shard_degree",
     "model.shard_degree must be from 1 to 1000000, not -1", ""},
    {"batch.range", nemo, "model.global_batch_size=0", error, "model.global_batch_size",
     "model.global_batch_size must be from 1 to 1000000000, not 0", ""},
    {"batch.range", llmft, "training_config.training_args.train_batch_size=0", warning,
     "training_config.training_args.train_batch_size",
     "training_config.training_args.train_batch_size must be from 1 to 1000000000, not 0", ""},
    {"batch.type", llmft, "training_config.training_args.train_batch_size=many", warning,
     "training_config.training_args.train_batch_size",
     "training_config.training_args.train_batch_size is a string, but must be a positive int", ""},
};

}  // namespace

TEST_CASE("what machines and devices are told") {
    for (const Row& row : devices) check(row);
}

TEST_CASE("a machine that is in the recipe's own list is not told, however it is spelt") {
    const auto listed = [](const std::string& list, const std::string& type = "p5.48xlarge") {
        return !llama().with("instance_type=" + type + " ++recipes.instance_types=" + list).says("devices.not_listed");
    };
    CHECK(listed("[ml.p5.48xlarge]"));
    CHECK(listed("[P5.48XLARGE]", "ml.p5.48xlarge"));
    CHECK(listed("[g5.48xlarge,p5.48xlarge]"));
    CHECK(listed("[]"));
    CHECK(listed("null"));
    CHECK_FALSE(listed("[g5.48xlarge]"));
    CHECK_FALSE(listed("[3]"));
}

}  // namespace recipe::validate
