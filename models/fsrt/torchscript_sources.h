#pragma once

namespace understudy {

// Methods of the TorchScript reenactor; torchscript.cc fills the {} of some. ScalarType 6 is float32 and 7 is float64,
// because types have no names where these methods are compiled.

// --- Positions (positional_encoding.h, coordinate_grid.h) ---

inline constexpr const char* kEncodePositions = R"py(
def encode_positions(self, coordinates: Tensor, factors: List[float], like: Tensor) -> Tensor:
    scale = torch.tensor(factors, dtype=6, device=like.device)
    phases = (coordinates.to(6).unsqueeze(-1) * scale).flatten(-2).to(like.dtype)
    return torch.cat([torch.sin(phases), torch.cos(phases)], -1)
)py";

inline constexpr const char* kEncodeKeypoints = R"py(
def encode_keypoints(self, keypoints: Tensor, like: Tensor) -> Tensor:
    return self.encode_positions(keypoints.flatten(1), [{}], like)
)py";

inline constexpr const char* kEncodePixels = R"py(
def encode_pixels(self, coordinates: Tensor, like: Tensor) -> Tensor:
    return self.encode_positions(coordinates, [{}], like)
)py";

inline constexpr const char* kPixelCentres = R"py(
def pixel_centres(self, count: int, like: Tensor) -> Tensor:
    half = float(count) / 2.0
    return torch.arange(count, dtype=6, device=like.device).add(0.5).sub(half).div(half)
)py";

// --- Transformer blocks (attention.h) ---

inline constexpr const char* kAttention = R"py(
def split_heads(self, x: Tensor) -> Tensor:
    return x.unflatten(-1, [self.heads, -1]).transpose(1, 2)

def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    x = torch.scaled_dot_product_attention(queries, keys, values)
    return getattr(self.to_out, "0").forward(x.transpose(1, 2).flatten(2))
)py";

inline constexpr const char* kSelfAttention = R"py(
def forward(self, x: Tensor) -> Tensor:
    qkv = torch.chunk(self.to_qkv.forward(x), 3, -1)
    return self.attend(self.split_heads(qkv[0]), self.split_heads(qkv[1]), self.split_heads(qkv[2]))
)py";

inline constexpr const char* kCrossAttention = R"py(
def project(self, tokens: Tensor) -> Tuple[Tensor, Tensor]:
    kv = torch.chunk(self.to_kv.forward(tokens), 2, -1)
    return self.split_heads(kv[0]).contiguous(), self.split_heads(kv[1]).contiguous()

def forward(self, x: Tensor, memory: Tuple[Tensor, Tensor]) -> Tensor:
    return self.attend(self.split_heads(self.to_q.forward(x)), memory[0], memory[1])
)py";

inline constexpr const char* kResidual = R"py(
def forward(self, x: Tensor) -> Tensor:
    return self.fn.forward(self.norm.forward(x)) + x
)py";

inline constexpr const char* kCrossResidual = R"py(
def forward(self, x: Tensor, memory: Tuple[Tensor, Tensor]) -> Tensor:
    return self.fn.forward(self.norm.forward(x), memory) + x
)py";

inline constexpr const char* kFeedForward = R"py(
def forward(self, x: Tensor) -> Tensor:
    return getattr(self.net, "3").forward(torch.gelu(getattr(self.net, "0").forward(x)))
)py";

inline constexpr const char* kSelfBlock = R"py(
def forward(self, x: Tensor) -> Tensor:
    return getattr(self, "1").forward(getattr(self, "0").forward(x))
)py";

inline constexpr const char* kCrossBlock = R"py(
def forward(self, x: Tensor, memory: Tuple[Tensor, Tensor]) -> Tensor:
    return getattr(self, "1").forward(getattr(self, "0").forward(x, memory))
)py";

// --- Keypoint detector (keypoint_detector.h) ---

inline constexpr const char* kConvNormBlock = R"py(
def forward(self, x: Tensor) -> Tensor:
    return torch.relu(self.norm.forward(self.conv.forward(x)))
)py";

inline constexpr const char* kHourglassStart = R"py(
def forward(self, x: Tensor) -> Tensor:
    levels = [x]
)py";

inline constexpr const char* kHourglassDown =
    "    levels.append(torch.avg_pool2d(getattr(self.encoder.down_blocks, \"{0}\").forward(levels[-1]), [2, 2]))\n";

inline constexpr const char* kHourglassUp = R"py(
    x = levels.pop()
    skip = levels.pop()
    x = torch.upsample_nearest2d(x, [skip.size(2), skip.size(3)])
    levels.append(torch.cat([getattr(self.decoder.up_blocks, "{0}").forward(x), skip], 1))
)py";

inline constexpr const char* kAntiAlias = R"py(
def forward(self, x: Tensor) -> Tensor:
    if self.step == 1:
        return x
    half = self.weight.size(2) // 2
    return torch.conv2d(x, self.weight, None, [self.step, self.step], [half, half], [1, 1], self.weight.size(0))
)py";

inline constexpr const char* kDetector = R"py(
def end_points(self, count: int, like: Tensor) -> Tensor:
    return torch.arange(count, dtype=like.dtype, device=like.device).div(float(count - 1)).mul(2.0).sub(1.0)

def forward(self, pictures: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    features = self.predictor.forward(self.down.forward(pictures))
    logits = self.kp.forward(features)
    heatmaps = torch.softmax(logits.flatten(2) / 0.1, 2).view_as(logits)
    y = self.end_points(logits.size(2), logits).unsqueeze(1).expand(logits.size(2), logits.size(3))
    x = self.end_points(logits.size(3), logits).unsqueeze(0).expand(logits.size(2), logits.size(3))
    keypoints = torch.sum(heatmaps.unsqueeze(-1) * torch.stack([x, y], -1), [2, 3])
    return keypoints, features, heatmaps
)py";

// --- Expression network (expression_network.h) ---

inline constexpr const char* kExpression = R"py(
def forward(self, features: Tensor, heatmaps: Tensor) -> Tensor:
    found = self.expression.forward(features)
    per_keypoint = found.view([found.size(0), self.keypoints, found.size(1) // self.keypoints, -1])
    average = torch.sum(per_keypoint * heatmaps.flatten(2).unsqueeze(2), [-1])
    return self.expression_mlp.forward(average.flatten(1))
)py";

// --- Encoder (encoder.h): the first convolution's constant channels are summed once instead of pixel by pixel ---

inline constexpr const char* kConvolveLine = R"py(
def convolve_line(self, weights: Tensor, values: Tensor) -> Tensor:
    flat = weights.permute([0, 3, 1, 2]).flatten(0, 1)
    sums = torch.conv1d(values.t().unsqueeze(0), flat, None, [1], [1]).squeeze(0)
    return sums.view([weights.size(0), weights.size(3), -1])

def valid_taps(self, length: int) -> Tensor:
    valid = torch.ones([length, 3], dtype=self.weight.dtype, device=self.weight.device)
    valid[0, 0] = 0.0
    valid[length - 1, 2] = 0.0
    return valid
)py";

inline constexpr const char* kPositionShare = R"py(
def position_share(self, constants: Tensor, height: int, width: int) -> Tensor:
    conv = getattr(getattr(self.conv_blocks, "0").layers, "0")
    weight = conv.weight
    first_pixel = 3 + self.keypoint_channels
    first_constant = first_pixel + self.pixel_channels
    constant_weight = torch.cat([weight.narrow(1, 3, self.keypoint_channels),
                                 weight.narrow(1, first_constant, weight.size(1) - first_constant)], 1)
    taps = torch.matmul(constants, constant_weight.transpose(0, 1).flatten(1)).view([-1, weight.size(0), 3, 3])
    pixels = weight.narrow(1, first_pixel, self.pixel_channels)
    channels = torch.arange(self.pixel_channels, device=weight.device).view([2, 2, -1]).transpose(0, 1).flatten(1)
    x = self.encode_pixels(self.pixel_centres(width, weight).unsqueeze(1), weight)
    y = self.encode_pixels(self.pixel_centres(height, weight).unsqueeze(1), weight)
    along_x = conv.convolve_line(pixels.index_select(1, channels[0]).transpose(2, 3), x)
    along_y = conv.convolve_line(pixels.index_select(1, channels[1]), y)
    rows = conv.valid_taps(height)
    columns = conv.valid_taps(width).t()
    functions_of_x = torch.matmul(taps, columns) + along_x
    left = torch.cat([rows.expand([weight.size(0), -1, -1]), along_y.transpose(1, 2)], 2)
    right = torch.cat([functions_of_x, columns.expand_as(functions_of_x)], 2)
    return torch.matmul(left, right)
)py";

inline constexpr const char* kPatches = R"py(
def patches(self, x: Tensor) -> Tensor:
    x = torch.relu(x)
)py";

inline constexpr const char* kNextConvolution =
    "    x = torch.relu(getattr(getattr(self.conv_blocks, \"{}\").layers, \"{}\").forward(x))\n";

inline constexpr const char* kEncoderConstants = R"py(
def constants(self, keypoints: Tensor, expressions: Tensor) -> Tensor:
    return torch.cat([self.encode_keypoints(keypoints, expressions), expressions], 1)
)py";

inline constexpr const char* kEncoderConstantsWithoutExpression = R"py(
def constants(self, keypoints: Tensor, expressions: Tensor) -> Tensor:
    return self.encode_keypoints(keypoints, expressions)
)py";

inline constexpr const char* kEncoderStart = R"py(
def forward(self, pictures: Tensor, keypoints: Tensor, expressions: Tensor) -> Tensor:
    weight = getattr(getattr(self.conv_blocks, "0").layers, "0").weight
    share = self.position_share(self.constants(keypoints, expressions), pictures.size(2), pictures.size(3))
    patch = self.patches(torch.conv2d(pictures, weight.narrow(1, 0, 3), None, [1, 1], [1, 1]) + share)
    x = patch.flatten(2).transpose(1, 2).reshape([1, -1, patch.size(1)])
)py";

// --- Decoder (decoder.h) ---

inline constexpr const char* kProjectStart = R"py(
def project(self, tokens: Tensor) -> List[Tuple[Tensor, Tensor]]:
    layers = self.allocation_transformer.transformer.layers
    memory: List[Tuple[Tensor, Tensor]] = []
)py";

inline constexpr const char* kProjectBlock =
    "    memory.append(getattr(getattr(layers, \"{0}\"), \"0\").fn.project(tokens))\n";

inline constexpr const char* kTransformStart = R"py(
def transform(self, x: Tensor, memory: List[Tuple[Tensor, Tensor]]) -> Tensor:
    layers = self.allocation_transformer.transformer.layers
)py";

inline constexpr const char* kTransformBlock = "    x = getattr(layers, \"{0}\").forward(x, memory[{0}])\n";

inline constexpr const char* kSampleBias = R"py(
def sample_bias(self, keypoints: Tensor, expressions: Tensor) -> Tensor:
    first = getattr(self.allocation_transformer.input_mlp, "0")
    encoded = self.encode_keypoints(keypoints, first.weight)
    expression_column = self.keypoint_channels + self.pixel_channels
    weight = torch.cat([first.weight.narrow(1, 0, self.keypoint_channels),
                        first.weight.narrow(1, expression_column, expressions.size(1))], 1)
    return torch.linear(torch.cat([encoded, expressions], 1), weight, first.bias).unsqueeze(1)
)py";

inline constexpr const char* kEmbed = R"py(
def embed(self, coordinates: Tensor, bias: Tensor) -> Tensor:
    mlp = self.allocation_transformer.input_mlp
    weight = getattr(mlp, "0").weight
    columns = weight.narrow(1, self.keypoint_channels, self.pixel_channels)
    return mlp.after_first(torch.linear(self.encode_pixels(coordinates, weight), columns, None) + bias)
)py";

inline constexpr const char* kDecoder = R"py(
def forward(self, tokens: Tensor, keypoints: Tensor, expressions: Tensor, size: int) -> Tensor:
    centres = self.pixel_centres(size, tokens)
    x = centres.unsqueeze(0).expand(size, size)
    y = centres.unsqueeze(1).expand(size, size)
    queries = torch.stack([x, y], -1).view([1, size * size, 2])
    memory = self.project(tokens)
    biases = self.sample_bias(keypoints, expressions)
    pictures: List[Tensor] = []
    for sample in range(keypoints.size(0)):
        colours: List[Tensor] = []
        for first in range(0, size * size, self.queries_at_once):
            count = min(self.queries_at_once, size * size - first)
            stream = self.embed(queries.narrow(1, first, count), biases.narrow(0, sample, 1))
            colours.append(self.render_mlp.forward(self.transform(stream, memory)))
        pictures.append(torch.cat(colours, 1).transpose(1, 2).reshape([1, 3, size, size]))
    return torch.cat(pictures, 0)
)py";

// --- The reenactor ---

inline constexpr const char* kPrepare = R"py(
def prepare(self, pictures: Tensor, what: str) -> Tensor:
    n = self.image_size
    fits = pictures.dim() == 4 and pictures.size(1) == 3 and pictures.size(2) == n and pictures.size(3) == n
    assert fits, "{}: shape {} instead of [count, 3, {}, {}]".format(what, pictures.size(), n, n)
    return pictures.to(self.encoder.per_patch_linear.weight)
)py";

inline constexpr const char* kHullArea = R"py(
def twice_area_under_half_hull(self, xs: List[float], ys: List[float]) -> float:
    hull_x: List[float] = []
    hull_y: List[float] = []
    for i in range(len(xs)):
        searching = True
        while searching and len(hull_x) >= 2:
            ax = hull_x[-2]
            ay = hull_y[-2]
            turn = (hull_x[-1] - ax) * (ys[i] - ay) - (hull_y[-1] - ay) * (xs[i] - ax)
            searching = turn <= 0.0
            if searching:
                hull_x.pop()
                hull_y.pop()
        hull_x.append(xs[i])
        hull_y.append(ys[i])
    area = 0.0
    for i in range(1, len(hull_x)):
        area += (hull_x[i - 1] - xs[0]) * (hull_y[i] - ys[0]) - (hull_x[i] - xs[0]) * (hull_y[i - 1] - ys[0])
    return area
)py";

inline constexpr const char* kSpan = R"py(
def span(self, keypoints: Tensor) -> float:
    points = keypoints.reshape([-1, 2]).to(7).cpu()
    points = points[torch.argsort(points[:, 1], stable=True)]
    points = points[torch.argsort(points[:, 0], stable=True)]
    xs: List[float] = points[:, 0].tolist()
    ys: List[float] = points[:, 1].tolist()
    lower = self.twice_area_under_half_hull(xs, ys)
    upper = self.twice_area_under_half_hull(xs[::-1], ys[::-1])
    return ((lower + upper) / 2.0) ** 0.5
)py";

inline constexpr const char* kDetect = R"py(
def detect(self, pictures: Tensor) -> Tuple[Tensor, Tensor]:
    keypoints, features, heatmaps = self.kp_detector.forward(self.prepare(pictures, "pictures"))
    return keypoints, self.expression_encoder.forward(features, heatmaps)
)py";

inline constexpr const char* kEncode = R"py(
def encode(self, source: Tensor) -> Tuple[Tensor, Tensor]:
    pictures = self.prepare(source, "source")
    keypoints, expressions = self.detect(pictures)
    return self.encoder.forward(pictures, keypoints, expressions), keypoints
)py";

inline constexpr const char* kMove = R"py(
def move(self, source_keypoints: Tensor, driving_keypoints: Tensor, reference_keypoints: Tensor, adapt_scale: bool = False) -> Tensor:
    first = source_keypoints.narrow(0, 0, 1)
    scale = 1.0
    if adapt_scale:
        scale = self.span(first) / self.span(reference_keypoints)
    return (driving_keypoints - reference_keypoints) * scale + first
)py";

inline constexpr const char* kDecode = R"py(
def decode(self, tokens: Tensor, keypoints: Tensor, expressions: Tensor) -> Tensor:
    return self.decoder.forward(tokens, keypoints, expressions, self.image_size).clamp(0.0, 1.0)
)py";

inline constexpr const char* kForward = R"py(
def forward(self, source: Tensor, driving: Tensor, reference: Optional[Tensor] = None, relative: bool = False, adapt_scale: bool = False) -> Tensor:
    tokens, source_keypoints = self.encode(source)
    keypoints, expressions = self.detect(driving)
    if relative:
        if reference is None:
            start = keypoints.narrow(0, 0, 1)
        else:
            start, unused = self.detect(reference)
        keypoints = self.move(source_keypoints, keypoints, start, adapt_scale)
    return self.decode(tokens, keypoints, expressions)
)py";

}  // namespace understudy
