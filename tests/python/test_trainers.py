"""gradus.torch in torch.optim's place where the loop is somebody else's: Hugging Face's Trainer, Lightning, accelerate.

Two epochs of four steps, each of two accumulated batches; gradients are clipped, a scheduler sets the rate. After one epoch
a checkpoint is saved, from which another model, begun otherwise, goes on.
"""

import gradus.torch
import pytest
import torch

STEPS = 8
PER_EPOCH = 4
ACCUMULATED = 2
CLIP = 0.1  # less than any gradient's norm here
ADAMW = {"lr": 0.01, "weight_decay": 0.1}


@pytest.fixture(autouse=True)
def one_thread():
    """On a busy machine threads would wait for each other far longer than such models take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def check(train, folder):
    """train(kind, folder, checkpoint) is to return the parameters at the end, and the checkpoint of the middle."""
    expected, of_torch = train(torch.optim.AdamW, folder / "torch", None)
    found, of_gradus = train(gradus.torch.AdamW, folder / "gradus", None)
    close(found, expected)
    resumed, _ = train(gradus.torch.AdamW, folder / "gradus", of_gradus)
    assert all(torch.equal(a, b) for a, b in zip(resumed, found, strict=True))
    changed_over, _ = train(gradus.torch.AdamW, folder / "torch", of_torch)
    close(changed_over, expected)


def close(found, expected):
    for tensor, its in zip(found, expected, strict=True):
        torch.testing.assert_close(tensor, its, rtol=1e-5, atol=1e-5)


def data():
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(4 * ACCUMULATED * PER_EPOCH, 8, generator=generator)
    return torch.utils.data.TensorDataset(inputs, inputs[:, :3].argmax(1))


def net(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))


def scheduler_of(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)


def test_the_trainer_of_hugging_face_trains_and_goes_on_as_with_pytorch(tmp_path):
    pytest.importorskip("accelerate")
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.disable_progress_bar()
    generator = torch.Generator().manual_seed(2)
    texts = torch.randint(0, 32, (4 * ACCUMULATED * PER_EPOCH, 8), generator=generator)
    examples = [{"input_ids": text, "labels": text} for text in texts]

    def train(kind, folder, checkpoint):
        torch.manual_seed(1 if checkpoint else 0)
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2))
        arguments = transformers.TrainingArguments(
            folder, max_steps=STEPS, per_device_train_batch_size=4, gradient_accumulation_steps=ACCUMULATED,
            max_grad_norm=CLIP, weight_decay=ADAMW["weight_decay"], lr_scheduler_type="cosine", warmup_steps=2,
            learning_rate=ADAMW["lr"], eval_strategy="steps", eval_steps=PER_EPOCH, save_steps=PER_EPOCH, use_cpu=True,
            report_to="none", disable_tqdm=True)
        trainer = transformers.Trainer(model, arguments, train_dataset=examples, eval_dataset=examples[:4],
                                       optimizer_cls_and_kwargs=(kind, {"lr": ADAMW["lr"]}))
        trainer.train(resume_from_checkpoint=checkpoint)
        assert type(trainer.optimizer.optimizer) is kind
        return list(model.parameters()), folder / f"checkpoint-{PER_EPOCH}"
    check(train, tmp_path)


def test_lightning_trains_and_goes_on_as_with_pytorch(tmp_path):
    lightning = pytest.importorskip("lightning")

    class Module(lightning.LightningModule):
        def __init__(self, kind, seed):
            super().__init__()
            self.kind, self.net = kind, net(seed)

        def training_step(self, batch):
            inputs, labels = batch
            return torch.nn.functional.cross_entropy(self.net(inputs), labels)

        def configure_optimizers(self):
            optimizer = self.kind(self.parameters(), **ADAMW)
            return {"optimizer": optimizer,
                    "lr_scheduler": {"scheduler": scheduler_of(optimizer), "interval": "step"}}

    def train(kind, folder, checkpoint):
        module = Module(kind, 1 if checkpoint else 0)
        saver = lightning.pytorch.callbacks.ModelCheckpoint(folder, "{step}", save_top_k=-1)
        trainer = lightning.Trainer(
            accelerator="cpu", devices=1, max_epochs=STEPS // PER_EPOCH, accumulate_grad_batches=ACCUMULATED,
            gradient_clip_val=CLIP, callbacks=[saver], default_root_dir=folder, logger=False, enable_progress_bar=False,
            enable_model_summary=False)
        trainer.fit(module, torch.utils.data.DataLoader(data(), batch_size=4), ckpt_path=checkpoint)
        assert trainer.global_step == STEPS
        return list(module.parameters()), folder / f"step={PER_EPOCH}.ckpt"
    check(train, tmp_path)


def test_accelerate_trains_and_goes_on_as_with_pytorch(tmp_path):
    accelerate = pytest.importorskip("accelerate")

    def train(kind, folder, checkpoint):
        accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATED)
        model = net(1 if checkpoint else 0)
        optimizer = kind(model.parameters(), **ADAMW)
        model, optimizer, batches, scheduler = accelerator.prepare(
            model, optimizer, torch.utils.data.DataLoader(data(), batch_size=4), scheduler_of(optimizer))
        if checkpoint:
            accelerator.load_state(checkpoint)
        for epoch in range(1 if checkpoint else 0, STEPS // PER_EPOCH):
            for inputs, labels in batches:
                with accelerator.accumulate(model):
                    accelerator.backward(torch.nn.functional.cross_entropy(model(inputs), labels))
                    if accelerator.sync_gradients:
                        accelerator.clip_grad_norm_(model.parameters(), CLIP)
                    optimizer.step()
                    scheduler.step()
                    optimizer.zero_grad()
            accelerator.save_state(folder / str(epoch))
        return list(model.parameters()), folder / "0"
    check(train, tmp_path)
