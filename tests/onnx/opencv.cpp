#include "opencv.hpp"

#include <opencv2/dnn.hpp>

std::vector<float> evaluate_with_opencv(std::string const& model, std::vector<int> const& shape,
                                        std::vector<float> const& input) {
  auto net = cv::dnn::readNetFromONNX(model.data(), model.size());
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net.enableFusion(false);
  cv::Mat const blob(static_cast<int>(shape.size()), shape.data(), CV_32F, const_cast<float*>(input.data()));
  net.setInput(blob);
  cv::Mat const output = net.forward();
  auto const* const begin = output.ptr<float>();
  return {begin, begin + output.total()};
}
