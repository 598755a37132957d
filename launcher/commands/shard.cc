#include <memory>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/contact_sheet.h"
#include "data_pipeline/set_report.h"
#include "data_pipeline/set_verifier.h"
#include "data_pipeline/video_reader.h"
#include "data_pipeline/video_writer.h"
#include "launcher/commands/command.h"
#include "launcher/commands/shard_tools.h"

namespace understudy {
namespace {

struct ShardOptions {
  std::string set;
  int threads = 1;
  bool decode = false;
  std::string journal;
  std::string out = "contact-sheet.png";
  ContactSheetOptions sheet;
  std::uint32_t clip = 0;
  bool masks = false;
};

ExitCode inspect(const ShardOptions& options) {
  fmt::print("{}", describe_set(options.set));
  return ExitCode::kDone;
}

ExitCode verify(const ShardOptions& options) {
  const std::vector<std::string> problems = verify_set(options.set, options.threads, options.decode, options.journal);
  if (problems.empty()) {
    fmt::print("{}: intact\n", options.set);
    return ExitCode::kDone;
  }
  throw DataError(fmt::format("{}: {} problem{}\n  {}",
                              options.set,
                              problems.size(),
                              problems.size() == 1 ? "" : "s",
                              fmt::join(problems, "\n  ")));
}

ExitCode draw_contact_sheet(const ShardOptions& options) {
  write_png(options.out, contact_sheet(DataSet::open(options.set), options.sheet));
  fmt::print("{}\n", options.out);
  return ExitCode::kDone;
}

/// White where the frame shows foreground. @throws DataError  for a frame without a mask
Picture mask_picture(const DataSet& set, FrameRef ref) {
  const std::optional<Mask> mask = set.mask(ref);
  if (!mask) throw DataError(fmt::format("{}: has no mask; `understudy annotate` adds them", set.describe(ref)));
  Picture picture(mask->width, mask->height);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = mask->coverage[i / 3];
  return picture;
}

ExitCode write_frames(const ShardOptions& options) {
  const DataSet set = DataSet::open(options.set);
  if (options.clip >= set.clips().size()) {
    throw DataError(fmt::format("{}: has {} clips, no clip {}", options.set, set.clips().size(), options.clip));
  }
  const ClipEntry& clip = set.clips()[options.clip];
  VideoWriter writer(options.out, clip.width, clip.height, {.frame_rate = VideoReader::kPictureRate, .audio_from = {}});
  for (std::uint32_t frame = 0; frame < clip.frames; ++frame) {
    const FrameRef ref{options.clip, frame};
    writer.write(options.masks ? mask_picture(set, ref) : set.decode_frame(ref));
  }
  writer.finish();
  fmt::print("{} frames of {} in {}\n", clip.frames, clip.name, options.out);
  return ExitCode::kDone;
}

/// Adds one tool of `shard`; every tool takes the set first.
CLI::App* add_tool(CLI::App& shard,
                   const std::string& name,
                   const std::string& description,
                   const std::string& example,
                   const std::shared_ptr<ShardOptions>& options,
                   RunCommand& chosen,
                   ExitCode (*run)(const ShardOptions&)) {
  CLI::App* tool = add_command(shard, name, description, example);
  tool->add_option("set", options->set, "Folder of the set, or its manifest")->required();
  tool->callback([options, &chosen, run] { chosen.run = [options, run] { return run(*options); }; });
  return tool;
}

}  // namespace

void add_shard_command(CLI::App& app, RunCommand& chosen) {
  const auto options = std::make_shared<ShardOptions>();
  CLI::App* shard =
      add_command(app, "shard", "Look into data sets and check them", "understudy shard inspect sets/faces");
  shard->require_subcommand(1);
  add_tool(*shard, "inspect", "Say what a set holds", "understudy shard inspect sets/faces", options, chosen, inspect);
  CLI::App* verify_tool = add_tool(*shard,
                                   "verify",
                                   "Check every file, table and frame",
                                   "understudy shard verify sets/faces --threads 8 --decode",
                                   options,
                                   chosen,
                                   verify);
  verify_tool->add_option("--threads", options->threads, "Shards or frames checked at a time")
      ->check(CLI::Range(1, 256));
  verify_tool->add_flag("--decode", options->decode, "Also decode every frame");
  verify_tool->add_option(
      "--journal", options->journal, "File to note intact shards in; with it again, the check goes on where it was");
  add_shard_sample(*shard, chosen);
  CLI::App* sheet_tool = add_tool(*shard,
                                  "contact-sheet",
                                  "Draw frames of several people as one PNG",
                                  "understudy shard contact-sheet sets/faces --landmarks --out faces.png",
                                  options,
                                  chosen,
                                  draw_contact_sheet);
  sheet_tool->add_option("--out", options->out, "PNG to write");
  sheet_tool->add_option("--identities", options->sheet.identities, "Rows")->check(CLI::Range(1, 1000));
  sheet_tool->add_option("--frames", options->sheet.frames, "Columns")->check(CLI::Range(1, 1000));
  sheet_tool->add_flag(
      "--landmarks",
      options->sheet.landmarks,
      "Draw landmarks: green in the frame, red at its border when outside, as those in wrong units are");
  CLI::App* frames_tool = add_tool(*shard,
                                   "frames",
                                   "Write the frames of one clip as pictures or as a video",
                                   "understudy shard frames sets/faces --clip 0 --out clip.mp4",
                                   options,
                                   chosen,
                                   write_frames);
  frames_tool->add_option("--clip", options->clip, "Number of the clip");
  frames_tool->add_flag("--masks", options->masks, "The masks of its frames instead");
  frames_tool->add_option("--out", options->out, "Video (.mp4), or a folder for pictures")->required();
  sheet_tool->add_option("--cell", options->sheet.cell, "Side of a picture in pixels")->check(CLI::Range(8, 1024));
  add_shard_stats(*shard, chosen);
  add_shard_diff(*shard, chosen);
  add_shard_reshard(*shard, chosen);
  add_shard_repair(*shard, chosen);
  add_shard_bench(*shard, chosen);
}

}  // namespace understudy
