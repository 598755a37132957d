#include "data_pipeline/set_report.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "data_pipeline/set_manifest.h"

namespace understudy {
namespace {

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << 20);
}

std::string describe_contents(const DataSet& set, const SetManifest& manifest) {
  return fmt::format(
      "set          {}\nformat       {}.{}, written by {}\nsource       {}\nfingerprint  {}\n"
      "contents     {} identities, {} videos, {} clips, {} frames\n",
      set.folder().string(),
      manifest.format_version[0],
      manifest.format_version[1],
      manifest.packer,
      manifest.source,
      manifest.fingerprint,
      manifest.identities,
      manifest.videos,
      manifest.clips,
      manifest.frames);
}

std::string describe_spread(const DataSet& set) {
  std::vector<std::uint32_t> frames;
  std::vector<std::uint32_t> clips;
  for (const ClipEntry& clip : set.clips()) frames.push_back(clip.frames);
  for (const IdentityEntry& identity : set.identities()) clips.push_back(identity.clips);
  const auto line = [](std::string_view what, std::vector<std::uint32_t> counts) {
    std::sort(counts.begin(), counts.end());
    return fmt::format("{} {} to {}, median {}\n", what, counts.front(), counts.back(), counts[counts.size() / 2]);
  };
  return line("frames/clip ", frames) + line("clips/person", clips);
}

std::string describe_sizes(const DataSet& set) {
  std::map<std::pair<int, int>, std::uint64_t> frames_of_size;
  for (const ClipEntry& clip : set.clips()) frames_of_size[{clip.width, clip.height}] += clip.frames;
  std::string text;
  for (const auto& [size, frames] : frames_of_size) {
    text += fmt::format("{}{} x {}: {} frames", text.empty() ? "sizes        " : ", ", size.first, size.second, frames);
  }
  return text + "\n";
}

std::string describe_files(const SetManifest& manifest) {
  std::string text;
  for (const ShardEntry& shard : manifest.shards) {
    text += fmt::format("shard        {}  {:.1f} MiB, {} clips, {} frames",
                        shard.file.file,
                        mebibytes(shard.file.bytes),
                        shard.clips,
                        shard.frames);
    for (const AnnotationEntry& entry : manifest.annotations) {
      if (entry.shard == shard.number)
        text += fmt::format("; {} {:.1f} MiB", annotation_kind_name(entry.kind), mebibytes(entry.file.bytes));
    }
    text += "\n";
  }
  return text;
}

std::uint64_t count_usable(const DataSet& set) {
  std::uint64_t frames = 0;
  for (std::uint32_t clip = 0; clip < set.clips().size(); ++clip) frames += set.usable_frames(clip).size();
  return frames;
}

std::string describe_coverage(const DataSet& set, const std::filesystem::path& folder_or_manifest) {
  const auto line = [&](std::string_view what, const SetRequirements& requirements) {
    const std::uint64_t usable = count_usable(DataSet::open(folder_or_manifest, requirements));
    return fmt::format("{} {} of {} frames\n", what, usable, set.frame_count());
  };
  std::string text = line("usable      ", {});
  if (set.has_landmarks()) {
    text += line("landmarks   ", {.landmarks = true});
    text += fmt::format("             in pixels of a picture of side {}\n", set.landmark_reference_size());
  }
  if (set.has_masks()) text += line("masks       ", {.masks = true});
  if (set.has_truth()) text += "truth        identity, pose and expression are known\n";
  return text;
}

std::string describe_episode(const DataSet& set, std::uint64_t slot, const Episode& episode) {
  std::string text = fmt::format("slot {:3}  sample {}  {}  {}  frames",
                                 slot,
                                 episode.sample,
                                 set.identities()[episode.identity].name,
                                 set.clips()[episode.clip].name);
  for (std::size_t i = 0; i < episode.frames.size(); ++i) {
    text += fmt::format("{}{}", i + 1 == episode.frames.size() ? " -> " : " ", episode.frames[i].frame);
  }
  return text + "\n";
}

}  // namespace

std::string describe_set(const std::filesystem::path& folder_or_manifest) {
  const DataSet set = DataSet::open(folder_or_manifest);
  const SetManifest manifest = read_set_manifest(find_manifest(folder_or_manifest));
  return describe_contents(set, manifest) + describe_spread(set) + describe_sizes(set) +
         describe_coverage(set, folder_or_manifest) + describe_files(manifest);
}

std::string describe_samples(const Sampler& sampler, std::uint64_t iteration, std::uint64_t global_batch) {
  std::string text = fmt::format("iteration {}, {} slots, sources -> driving frame\n", iteration, global_batch);
  for (std::uint64_t slot = 0; slot < global_batch; ++slot) {
    text += describe_episode(sampler.set(), slot, sampler.episode(iteration * global_batch + slot));
  }
  return text;
}

}  // namespace understudy
