#pragma once

#include <string>
#include <vector>

/// What is given to an input of a model.
struct named_values {
  std::string name;
  std::vector<int> shape;
  std::vector<float> values;
};

/// What OpenCV's own interpreter makes of an ONNX model: its only output's elements, or those of the one with this
/// name.
std::vector<float> evaluate_with_opencv(std::string const& model, std::vector<named_values> const& inputs,
                                        std::string const& output = {});
