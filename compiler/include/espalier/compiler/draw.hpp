#pragma once

#include <espalier/compiler/graph.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace espalier::compiler {

/// A picture as Graphviz text.
struct drawing {
  std::string name;
  std::string dot;
};

/// The cells of an expanded graph, one picture for each name, as the DARTS paper draws them (Liu, Simonyan, Yang, ICLR
/// 2019, figures 4 and 5): nodes are feature maps, edges are operations. Undecided edges are drawn thin, their
/// candidates listed below.
std::vector<drawing> draw_cells(graph const& expanded);

/// All of an expanded graph from input to output: stem, cells, blocks and choices with their candidates, and the shapes
/// between them.
drawing draw(graph const& expanded);

/// Has Graphviz write a picture in the format of the path's extension (svg, png or pdf; dot for the text itself).
/// Missing Graphviz, an unknown extension and an unwritable path are `user_error`s.
void render(drawing const& picture, std::filesystem::path const& path);

} // namespace espalier::compiler
