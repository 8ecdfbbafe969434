#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace espalier::runtime {

/// Whether `a` is nowhere greater than `b` and somewhere less: all objectives are minimized. Both have equally many.
bool dominates(std::vector<double> const& a, std::vector<double> const& b);

/// The points that no other one dominates, in rising order of the first objective; of equal points the first. Points
/// of unequally many objectives, or with one that is not a number, are an `internal_error`.
std::vector<std::size_t> pareto_front(std::vector<std::vector<double>> const& points);

/// The area that points of two objectives dominate up to a reference point; those not below it in both add nothing
/// (Zitzler and Thiele, IEEE TEC 1999, section III-B). Points of more or fewer objectives are an `internal_error`.
double hypervolume(std::vector<std::vector<double>> const& points, std::array<double, 2> reference);

} // namespace espalier::runtime
