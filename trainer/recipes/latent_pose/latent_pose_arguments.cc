#include "trainer/recipes/latent_pose/latent_pose_arguments.h"

#include <string>

#include "trainer/learning_rate.h"

namespace understudy {
namespace {

/// Collects attributes in their order.
class Arguments {
 public:
  void add(const char* name, PickleValue value) { dict_.items.emplace_back(name, std::move(value)); }
  PickleValue take() { return std::move(dict_); }

 private:
  PickleDict dict_{{}, DictKind::kNamespace};
};

void add_modules(Arguments& arguments, bool finetune) {
  arguments.add("config_name", finetune ? "finetuning-base" : "default");
  arguments.add("generator", "vector_pose_unsupervised_segmentation_noBottleneck");
  arguments.add("embedder", "unsupervised_pose_separate_embResNeXt_segmentation");
  arguments.add("discriminator", "no_landmarks");
  arguments.add("criterions",
                finetune ? "adversarial, featmat, idt_embed, perceptual, dice"
                         : "idt_embed, perceptual, adversarial, featmat, dis_embed, dice");
  arguments.add("metrics", "");
  arguments.add("dataloader", "voxceleb2_segmentation_nolandmarks");
  arguments.add("runner", "holycow");
  arguments.add("saver", "");
}

void add_places(Arguments& arguments, bool finetune) {
  arguments.add("args_to_ignore",
                "checkpoint,splits_dir,experiments_dir,extension,experiment_name,rank,local_rank,world_size");
  arguments.add("experiments_dir", "experiments/");
  arguments.add("experiment_name", "understudy");
  arguments.add("experiment_dir", "experiments/understudy");
  arguments.add("checkpoint_path", "");
  arguments.add("train_split_path", "./data/splits/train.csv");
  arguments.add("val_split_path", "./data/splits/val.csv");
  arguments.add("vgg_weights_dir", "criterions/common/");
  arguments.add("data_root", "/datasets/VoxCeleb2");
  arguments.add("img_dir", finetune ? "images-cropped" : "cropped_fix");
  arguments.add("kp_dir", finetune ? "keypoints-cropped" : "cropped_landmarks_fix");
  arguments.add("segm_dir", finetune ? "segmentation-cropped" : "segmentation_Graphonomy");
  arguments.add("bboxes_dir", "/non/existent/file");
}

void add_model(Arguments& arguments, const LatentPoseModelConfig& model) {
  const LatentPoseGeneratorConfig generator = model.generator();
  arguments.add("in_channels", 3);
  arguments.add("out_channels", 3);
  arguments.add("num_channels", model.channels);
  arguments.add("max_num_channels", model.max_channels);
  arguments.add("embed_channels", model.embedder.identity_size);
  arguments.add("pose_embedding_size", model.embedder.pose_size);
  arguments.add("image_size", model.image_size);
  arguments.add("gen_constant_input_size", generator.constant_size);
  arguments.add("gen_num_residual_blocks", generator.constant_blocks);
  arguments.add("gen_padding", "zero");
  arguments.add("norm_layer", "in");
  arguments.add("dis_padding", "zero");
  arguments.add("dis_num_blocks", model.discriminator_blocks);
  arguments.add("average_function", model.aggregation == Aggregation::kMax ? "max" : "sum");
  arguments.add("n_frames_for_encoder", model.identity_frames);
  arguments.add("num_labels", model.identities);
}

void add_training(Arguments& arguments,
                  const LatentPoseRecipeConfig& config,
                  const RunConfig& run,
                  std::int64_t completed) {
  arguments.add("iteration", completed);
  arguments.add("num_epochs", 1'000'000'000);
  arguments.add("batch_size", run.batch.global_batch);
  arguments.add("optimizer", run.optimizer.adam.kind == AdamKind::kRAdam ? "RAdam" : "Adam");
  arguments.add("lr_gen", learning_rate_at(run.optimizer, std::max<std::int64_t>(completed - 1, 0)));
  arguments.add("lr_dis", config.discriminator_learning_rate);
  arguments.add("beta1", run.optimizer.adam.beta1);
  arguments.add("random_seed", run.seed);
  arguments.add("finetune", config.stage == LatentPoseStage::kFinetune);
  arguments.add("inference", false);
  arguments.add("weights_running_average", true);
  arguments.add("set_eval_mode_in_train", false);
  arguments.add("set_eval_mode_in_test", true);
  arguments.add("skip_eval", true);
  arguments.add("save_frequency", config.stage == LatentPoseStage::kFinetune ? 0 : 1);
}

void add_losses(Arguments& arguments, const LatentPoseLossConfig& losses) {
  arguments.add("gan_type", "gan");
  arguments.add("fm_weight", losses.feature_matching_weight);
  arguments.add("perc_weight", losses.perceptual_weight);
  arguments.add("idt_embed_weight", losses.face_weight);
  arguments.add("dice_weight", losses.dice_weight);
  arguments.add("dis_embed_weight", losses.embedding_match_weight);
}

void add_data(Arguments& arguments, const LatentPoseDataConfig& data) {
  arguments.add("use_pixelwise_augs", data.use_pixelwise_augs);
  arguments.add("use_affine_scale", data.use_affine_scale);
  arguments.add("use_affine_shift", data.use_affine_shift);
  arguments.add("draw_oval", true);
  arguments.add("num_workers", 4);
  arguments.add("prefetch_size", 16);
}

void add_machine(Arguments& arguments) {
  arguments.add("device", "cuda");
  arguments.add("num_gpus", 1);
  arguments.add("hvd_fp16_allreduce", false);
  arguments.add("hvd_batches_per_allreduce", 1);
  arguments.add("rank", 0);
  arguments.add("local_rank", 0);
  arguments.add("world_size", 1);
}

void add_logging(Arguments& arguments, bool finetune) {
  arguments.add("logging", true);
  arguments.add("profile_flops", false);
  arguments.add("detailed_metrics", true);
  arguments.add("log_frequency_loss", 1);
  arguments.add("log_frequency_images", finetune ? 9'999'999 : 500);
  arguments.add("log_frequency_fixed_images", finetune ? 15 : 2500);
  arguments.add("num_visuals_per_img", 2);
  arguments.add("fixed_val_ids", finetune ? PickleValue::List{0} : PickleValue::List{50, 100, 200, 250, 300});
  arguments.add("batch_size_inference", 5);
}

/// Reads attributes that may be missing.
class GivenArguments {
 public:
  explicit GivenArguments(const PickleValue& arguments) : arguments_(arguments) {}

  void read(const char* name, std::int64_t& value) const { take(name, value, &PickleValue::to_int); }
  void read(const char* name, double& value) const { take(name, value, &PickleValue::to_double); }
  void read(const char* name, bool& value) const { take(name, value, &PickleValue::to_bool); }
  void read(const char* name, std::string& value) const { take(name, value, &PickleValue::to_text); }

 private:
  template <class T, class Getter>
  void take(const char* name, T& value, Getter getter) const {
    const PickleValue* given = arguments_.find(name);
    if (given != nullptr && !given->is_none()) value = (given->*getter)(std::string("args.") + name);
  }

  const PickleValue& arguments_;
};

}  // namespace

PickleValue latent_pose_arguments(const LatentPoseRecipeConfig& config, const RunConfig& run, std::int64_t completed) {
  const bool finetune = config.stage == LatentPoseStage::kFinetune;
  Arguments arguments;
  add_modules(arguments, finetune);
  add_places(arguments, finetune);
  add_model(arguments, config.model);
  add_training(arguments, config, run, completed);
  add_losses(arguments, config.losses);
  add_data(arguments, config.data);
  add_machine(arguments);
  add_logging(arguments, finetune);
  return arguments.take();
}

bool take_latent_pose_arguments(const PickleValue& checkpoint, LatentPoseRecipeConfig& config) {
  const PickleValue* arguments = checkpoint.find("args");
  const PickleValue* generator = checkpoint.find("generator");
  if (arguments == nullptr || generator == nullptr || checkpoint.find("embedder") == nullptr) return false;
  if (generator->find("identity_embedding") != nullptr) config.choose_stage("finetune");
  LatentPoseModelConfig& model = config.model;
  const GivenArguments given(*arguments);
  given.read("num_channels", model.channels);
  given.read("max_num_channels", model.max_channels);
  given.read("embed_channels", model.embedder.identity_size);
  given.read("pose_embedding_size", model.embedder.pose_size);
  given.read("image_size", model.image_size);
  given.read("dis_num_blocks", model.discriminator_blocks);
  given.read("n_frames_for_encoder", model.identity_frames);
  std::string aggregation;
  given.read("average_function", aggregation);
  if (aggregation == "max") model.aggregation = Aggregation::kMax;
  // A tuned checkpoint's arguments may still count the people before.
  if (config.stage == LatentPoseStage::kMeta) given.read("num_labels", model.identities);
  given.read("fm_weight", config.losses.feature_matching_weight);
  given.read("perc_weight", config.losses.perceptual_weight);
  given.read("idt_embed_weight", config.losses.face_weight);
  given.read("dice_weight", config.losses.dice_weight);
  given.read("use_pixelwise_augs", config.data.use_pixelwise_augs);
  given.read("use_affine_scale", config.data.use_affine_scale);
  given.read("use_affine_shift", config.data.use_affine_shift);
  return true;
}

bool LatentPoseRecipeConfig::take_published(const PickleValue& checkpoint) {
  return take_latent_pose_arguments(checkpoint, *this);
}

bool has_official_sizes(const LatentPoseModelConfig& config) {
  const EmbedderConfig official;
  const ResNeXtConfig& identity = config.embedder.identity;
  return identity.width == official.identity.width && identity.groups == official.identity.groups &&
         identity.width_per_group == official.identity.width_per_group && identity.blocks == official.identity.blocks &&
         config.embedder.pose.width_multiplier == official.pose.width_multiplier &&
         config.embedder.pose.last_width == official.pose.last_width &&
         config.embedder.pose.used_stages == official.pose.used_stages;
}

}  // namespace understudy
