#pragma once

#include <string>
#include <vector>

/// What OpenCV's own interpreter makes of an ONNX model: the output's elements, for an input of this shape.
std::vector<float> evaluate_with_opencv(std::string const& model, std::vector<int> const& shape,
                                        std::vector<float> const& input);
