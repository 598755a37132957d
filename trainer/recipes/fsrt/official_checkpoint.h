#pragma once

#include "checkpoints/torch_checkpoint.h"
#include "models/fsrt/fsrt_networks.h"
#include "trainer/exporting/export.h"
#include "trainer/run_config.h"

namespace understudy {

/// The flat dict that the published code saves as model.pt and resumes from (srt/checkpoint.py, train.py): encoder,
/// decoder, expression_encoder, discriminator and optimizer_disc when there is one, optimizer, it, epoch_it, t,
/// loss_val_best and run_id. `it` is the last finished iteration, counted from 0. Time, epoch and the identity of a
/// tracked run are not known here: t and epoch_it are 0, run_id is None.
TorchCheckpoint official_checkpoint(const FsrtNetworks& networks, const ExportSource& source, const RunConfig& run);

}  // namespace understudy
