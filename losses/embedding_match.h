#pragma once

#include <ATen/core/Tensor.h>

namespace understudy {

/// Distance of identity descriptors to the discriminator's embeddings of their videos (Zakharov et al. 2019, L_MCH;
/// latent pose descriptors): mean |descriptor - embedding|, the embedding a constant, so that the loss moves the
/// embedder alone.
/// @param descriptors  [B, d]; officially of the first identity frame, not of the mean over frames
/// @param embeddings   [B, d], rows of the discriminator after spectral normalisation
/// @return  scalar >= 0; the caller applies the weight
/// @throws ShapeError
at::Tensor embedding_match_loss(const at::Tensor& descriptors, const at::Tensor& embeddings);

}  // namespace understudy
