#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "common/version.h"
#include "data_pipeline/annotate/file_set_annotator.h"
#include "data_pipeline/annotate/head_box.h"
#include "data_pipeline/annotate/set_annotation.h"
#include "launcher/commands/command.h"
#include "launcher/commands/named_choice.h"
#include "launcher/commands/shard_work.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/recipes/keypoints/keypoint_annotator.h"
#include "trainer/weights_source.h"

namespace understudy {
namespace {

struct AnnotateArguments {
  AnnotateRequest request;
  std::string from;
  std::optional<BoxSource> box_from;
  InferenceSource networks;
  std::string report;
};

/// Where annotations come from.
enum class Origin { kFiles, kHeads, kDetector };

Origin origin_of(const AnnotateArguments& arguments) {
  if (arguments.request.kind == AnnotationKind::kKeypoint10) return Origin::kDetector;
  const bool computed = arguments.request.kind == AnnotationKind::kBox && arguments.from.empty();
  return computed ? Origin::kHeads : Origin::kFiles;
}

/// @throws ConfigError  when options are missing, or given where they would say nothing
void require_origin(const AnnotateArguments& arguments, Origin origin) {
  const std::string_view kind = annotation_kind_name(arguments.request.kind);
  const auto require = [kind](bool holds, std::string_view problem) {
    if (!holds) throw ConfigError(fmt::format("annotations of kind {} {}", kind, problem));
  };
  const bool weights = !arguments.networks.weights.empty();
  require(origin != Origin::kFiles || !arguments.from.empty(), "come from files; say with --from where these lie");
  require(origin != Origin::kDetector || arguments.from.empty(), "are not read from files; give --weights, not --from");
  require(origin != Origin::kDetector || weights, "are computed by a keypoint detector; give its --weights");
  require(origin == Origin::kDetector || (!weights && !arguments.networks.config),
          "need no --weights or --config; those compute keypoint10");
  require(origin == Origin::kHeads || !arguments.box_from,
          "are not computed from others; --box-from goes with --kind box and without --from");
}

/// What the annotations follow from, beside the frames.
std::string made_from(const AnnotateArguments& arguments, Origin origin) {
  switch (origin) {
    case Origin::kFiles:
      return std::filesystem::absolute(arguments.from).lexically_normal().string();
    case Origin::kHeads:
      return fmt::format(
          "understudy {} from {}s", version(), arguments.box_from == BoxSource::kMasks ? "mask" : "landmark");
    case Origin::kDetector:
      break;
  }
  return fmt::format("understudy {} with the keypoint detector of SHA-256 {}",
                     version(),
                     sha256_of_file(weight_file_of(arguments.networks.weights)));
}

AnnotateRequest completed(const AnnotateArguments& arguments, Origin origin) {
  AnnotateRequest request = arguments.request;
  request.made_from = made_from(arguments, origin);
  if (request.tool.empty()) request.tool = origin == Origin::kFiles ? SetOptions().annotation_tool : request.made_from;
  return request;
}

std::unique_ptr<SetAnnotator> make_annotator(const AnnotateArguments& arguments,
                                             Origin origin,
                                             const SetAnnotation& annotation) {
  const AnnotateRequest& request = arguments.request;
  if (origin == Origin::kFiles) {
    const AnnotationFileOptions options{request.kind, arguments.from, request.landmark_size, request.mask_codec};
    return std::make_unique<FileSetAnnotator>(options, ClipSources(annotation.folder(), annotation.manifest()));
  }
  DataSet set = DataSet::open_without(request.set, request.kind);
  if (origin == Origin::kHeads) {
    return std::make_unique<HeadBoxAnnotator>(std::move(set), arguments.box_from.value_or(BoxSource::kLandmarks));
  }
  keep_tensor_memory();
  set_intra_operator_threads(1);  // clips run side by side instead
  return std::make_unique<KeypointAnnotator>(std::move(set), load_jacobian_detector(arguments.networks));
}

std::string why_unchanged(const AnnotateArguments& arguments, const AnnotationReport& done) {
  const std::string_view kind = annotation_kind_name(arguments.request.kind);
  if (done.left_out.empty()) return fmt::format("no frame has a {} that is known; look at the files", kind);
  const bool some = done.left_out.size() < done.clips && arguments.request.require_all;
  return fmt::format("{} of {} clips have no {} that fits, for the reasons listed; {}",
                     done.left_out.size(),
                     done.clips,
                     kind,
                     some ? "correct their files, or leave --require-all out" : "look at their paths and units");
}

/// Says which clips were left out. @throws DataError  when the set is as it was
Outcome report(const AnnotateArguments& arguments, const AnnotationReport& done) {
  const std::string set = arguments.request.set.string();
  const std::string table = left_out_table(done.left_out);
  if (!arguments.report.empty()) write_file_atomically(arguments.report, table);
  if (!done.left_out.empty()) fmt::print("{}", table);
  if (done.files == 0) throw DataError(fmt::format("{}: nothing was changed: {}", set, why_unchanged(arguments, done)));
  return {ExitCode::kDone,
          fmt::format("{}: {} for {} of {} clips, in {} files",
                      set,
                      annotation_kind_name(arguments.request.kind),
                      done.clips - done.left_out.size(),
                      done.clips,
                      done.files)};
}

/// Beside the work, which goes with it.
std::filesystem::path outcome_file(const std::filesystem::path& set) {
  return (set.extension() == ".toml" ? set.parent_path() : set) / "annotating" / kOutcomeName;
}

/// What an earlier start said would keep the folder of the work from going.
AnnotationReport finish(const AnnotateArguments& arguments, SetAnnotation& annotation) {
  std::filesystem::remove(outcome_file(arguments.request.set));
  return annotation.finish();
}

Outcome annotate(const AnnotateArguments& arguments, const RankContext& context) {
  const Origin origin = origin_of(arguments);
  require_origin(arguments, origin);
  Communicator& ranks = context.ranks;
  SetAnnotation annotation(completed(arguments, origin));
  const std::unique_ptr<SetAnnotator> annotator = make_annotator(arguments, origin, annotation);
  ranks.barrier("open the set");
  if (ranks.rank() == 0) {
    // A report that cannot be written is told before the set changes.
    if (!arguments.report.empty()) write_file_atomically(arguments.report, left_out_table({}));
    annotation.begin();
  }
  const std::vector<std::size_t> own =
      share_of(ranks.rank() == 0 ? annotation.pending() : std::vector<std::size_t>(), ranks);
  const bool whole = annotation.work(own, *annotator, watch_work(annotation.clips_of(own), context));
  if (ranks.all_reduce(whole ? 1 : 0, Reduction::kMin, "annotate the shards") == 0) {
    return {ExitCode::kRunAgain,
            fmt::format("{}: asked to stop; run the same command again", arguments.request.set.string())};
  }
  return ranks.rank() == 0 ? report(arguments, finish(arguments, annotation)) : Outcome{};
}

void add_source_options(CLI::App& command, AnnotateArguments& arguments) {
  command.add_option("--kind", arguments.request.kind, "landmark68, mask, box, flame, pose_au or keypoint10")
      ->required()
      ->type_name("KIND")
      ->transform(named_choice<AnnotationKind>({{"landmark68", AnnotationKind::kLandmark68},
                                                {"mask", AnnotationKind::kMask},
                                                {"box", AnnotationKind::kBox},
                                                {"flame", AnnotationKind::kFlame},
                                                {"keypoint10", AnnotationKind::kKeypoint10},
                                                {"pose_au", AnnotationKind::kPoseAu}}));
  command.add_option(
      "--from", arguments.from, "Folder of files, as `understudy pack` reads them; box: computed without");
  command
      .add_option(
          "--box-from", arguments.box_from, "landmark68 (default) or mask: what boxes of heads are computed from")
      ->type_name("KIND")
      ->transform(named_choice<BoxSource>({{"landmark68", BoxSource::kLandmarks}, {"mask", BoxSource::kMasks}}));
  command.add_option("--weights", arguments.networks.weights, "keypoint10: run, checkpoint or file of a detector");
  command.add_option("--config", arguments.networks.config, "keypoint10: configuration beside a bare weight file");
  command
      .add_option(
          "--landmark-size", arguments.request.landmark_size, "Side of the picture that landmarks are pixels of")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--mask-codec", arguments.request.mask_codec, "png8 (soft) or bits-deflate (hard, smaller)")
      ->type_name("CODEC")
      ->transform(named_choice<MaskCodec>({{"png8", MaskCodec::kPng8}, {"bits-deflate", MaskCodec::kBitsDeflate}}));
  command.add_option("--annotation-tool", arguments.request.tool, "What made the annotations, kept with them");
}

}  // namespace

void add_annotate_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<AnnotateArguments>();
  arguments->request.threads = std::max(1U, std::thread::hardware_concurrency());
  arguments->request.tool.clear();
  CLI::App* command = add_command(app,
                                  "annotate",
                                  "Add annotations to a set that exists, or replace them; frames stay as they are",
                                  "understudy annotate sets/vox/train --kind landmark68 --from vox-kp");
  command->add_option("set", arguments->request.set, "Folder of the set")->required();
  add_source_options(*command, *arguments);
  command->add_flag("--replace", arguments->request.replace, "Replace annotations of this kind");
  command->add_flag("--require-all", arguments->request.require_all, "Change nothing when a clip gets none");
  command->add_option("--report", arguments->report, "File for the table of clips that got none");
  command->add_option("--threads", arguments->request.threads, "Threads of each rank; they do not change a byte")
      ->check(CLI::Range(1, 256));
  command->callback([arguments, &chosen] {
    chosen.outcome_folder = outcome_file(arguments->request.set).parent_path();
    chosen.run = [arguments] {
      return run_on_ranks(
          outcome_file(arguments->request.set),
          [&](const RankContext& context) { return annotate(*arguments, context); },
          kShardWorkers);
    };
  });
}

}  // namespace understudy
