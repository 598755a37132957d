#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace understudy {

/// What is measured, and what is written beside the table; docs/evaluation.md.
struct EvaluationOptions {
  std::int64_t clips = 20;               ///< at most, spread evenly over the clips of the people
  std::int64_t frames = 8;               ///< driving frames of a clip, at most, spread evenly
  std::optional<std::int64_t> sources;   ///< frames that show the person to the network; unset: as it was made for
  std::int64_t batch = 8;                ///< driving frames that are drawn at once; changes the speed and roundings
  std::int64_t drivers = 8;              ///< people that drive each person for the identity error, at most
  std::vector<std::string> persons;      ///< identities to measure; empty: all of the set
  std::filesystem::path landmark_judge;  ///< TorchScript file; empty: none
  std::filesystem::path identity_judge;  ///< TorchScript file; empty: none
  std::filesystem::path picture;         ///< comparison picture to write; empty: none
  std::filesystem::path pictures;        ///< folder for all evaluated pictures as .npy; empty: none
};

}  // namespace understudy
