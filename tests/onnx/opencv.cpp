#include "opencv.hpp"

#include <opencv2/dnn.hpp>

std::vector<float> evaluate_with_opencv(std::string const& model, std::vector<named_values> const& inputs,
                                        std::string const& output) {
  auto net = cv::dnn::readNetFromONNX(model.data(), model.size());
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net.enableFusion(false);
  for (auto const& input : inputs)
    net.setInput(cv::Mat(static_cast<int>(input.shape.size()), input.shape.data(), CV_32F,
                         const_cast<float*>(input.values.data())),
                 input.name);
  cv::Mat const computed = output.empty() ? net.forward() : net.forward(output);
  auto const* const begin = computed.ptr<float>();
  return {begin, begin + computed.total()};
}
