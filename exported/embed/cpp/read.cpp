// Print the labels that an exported file sees in an image: ./read MODEL IMAGE.pgm
// The image is a binary PGM: light ink on black, digits about 20 pixels high, and both sides at least 22 pixels.
#include <onnxruntime_cxx_api.h>

#include <cstdio>
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>
#include <utility>

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: ./read MODEL IMAGE.pgm");
  Ort::Env env;
  Ort::Session session(env, argv[1], Ort::SessionOptions());

  const auto metadata = [&session](const char* key) {
    Ort::AllocatorWithDefaultOptions allocator;
    const auto text = session.GetModelMetadata().LookupCustomMetadataMapAllocated(key, allocator);
    return std::string(text ? text.get() : "");
  };
  const std::string format = metadata("capsonnx.format");
  if (format != "1") throw std::runtime_error("format " + format + "; expected format 1; use a reader made for it");
  const double threshold = std::stod(metadata("capsonnx.threshold"));
  std::istringstream json(metadata("capsonnx.labels"));  // ["0", "1"]: after each mark but the last stands a label
  std::vector<std::string> labels;
  for (char mark; json >> mark && mark != ']';) json >> std::quoted(labels.emplace_back());

  std::ifstream file(argv[2], std::ios::binary);
  std::string magic;
  int64_t width = 0, height = 0, white = 0;
  file >> magic >> width >> height >> white;
  std::vector<uint8_t> pixels(width * height);
  file.ignore().read(reinterpret_cast<char*>(pixels.data()), pixels.size());
  if (!file || magic != "P5" || white != 255) throw std::runtime_error("expected a binary PGM of 8 bits, no comments");

  const int64_t shape[] = {1, height, width};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  const auto images = Ort::Value::CreateTensor<uint8_t>(memory, pixels.data(), pixels.size(), shape, 3);
  const char *inputs[] = {"images"}, *outputs[] = {"lengths"};
  const auto results = session.Run(Ort::RunOptions(), inputs, &images, 1, outputs, 1);
  const float* lengths = results[0].GetTensorData<float>();

  std::multimap<float, std::string, std::greater<>> found;
  for (size_t j = 0; j < labels.size(); ++j)
    if (lengths[j] > threshold) found.emplace(lengths[j], labels[j]);
  const char* gap = "";
  for (const auto& [score, label] : found) std::printf("%s%s %.2f", std::exchange(gap, "  "), label.c_str(), score);
  std::puts("");
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
