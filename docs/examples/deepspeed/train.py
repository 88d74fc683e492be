# SPDX-License-Identifier: Apache-2.0
"""Fine-tunes the model of a recipe with DeepSpeed: Hugging Face's Trainer, configured by the recipe alone."""
import os

import datasets
import transformers
import yaml


def main():
    with open(os.environ["RECIPE_CONFIG"]) as file:
        recipe = yaml.safe_load(file)
    model, data = recipe["model"], recipe["data"]
    zero = recipe["deepspeed"]
    # The Trainer's own arguments are held against DeepSpeed's configuration.
    arguments = transformers.TrainingArguments(
        **recipe["training_args"],
        per_device_train_batch_size=zero["train_micro_batch_size_per_gpu"],
        gradient_accumulation_steps=zero["gradient_accumulation_steps"],
        bf16=zero["bf16"]["enabled"],
        deepspeed=zero,
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(model["name_or_path"])
    rows = datasets.load_dataset("json", data_files=data["train_file"], split="train")
    rows = rows.map(
        lambda row: tokenizer(row["text"], truncation=True, max_length=data["max_length"]), remove_columns=rows.column_names
    )
    trainer = transformers.Trainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(
            model["name_or_path"], attn_implementation=model["attn_implementation"]
        ),
        args=arguments,
        train_dataset=rows,
        data_collator=transformers.DataCollatorForLanguageModeling(tokenizer, mlm=False),
    )
    kept = transformers.trainer_utils.get_last_checkpoint(arguments.output_dir) if os.path.isdir(arguments.output_dir) else None
    trainer.train(resume_from_checkpoint=kept)


if __name__ == "__main__":
    main()
