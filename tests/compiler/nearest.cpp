#include <espalier/compiler/nearest.hpp>

#include "catch.hpp"

#include <vector>

using espalier::compiler::suggest;

TEST_CASE("an unknown name is answered with the nearest known ones") {
  const std::vector<std::string> strategies{"darts", "spos", "aging-evolution", "random"};
  CHECK(suggest("drats", strategies) == " (did you mean 'darts'?)");
  CHECK(suggest("DARTS", strategies) == " (did you mean 'darts'?)");
  CHECK(suggest("sposs", strategies) == " (did you mean 'spos'?)");
  CHECK(suggest("aging_evolution", strategies) == " (did you mean 'aging-evolution'?)");
  CHECK(suggest("evolution", strategies) == " (did you mean 'aging-evolution'?)");
}

TEST_CASE("several names equally near are all offered, the nearest first") {
  const std::vector<std::string> data{"fashion-mnist", "mnist", "cifar10", "cifar100"};
  CHECK(suggest("cifar", data) == " (did you mean 'cifar10' or 'cifar100'?)");
  CHECK(suggest("cifar1", data) == " (did you mean 'cifar10' or 'cifar100'?)");
  CHECK(suggest("nist", data) == " (did you mean 'mnist' or 'fashion-mnist'?)");
}

TEST_CASE("without a near name all are listed, without any there is nothing to say") {
  const std::vector<std::string> strategies{"darts", "spos"};
  CHECK(suggest("gradient-free", strategies) == " (known: darts, spos)");
  CHECK(suggest("", strategies) == " (known: darts, spos)");
  CHECK(suggest("x", std::vector<std::string>{"a", "b"}) == " (known: a, b)");
  CHECK(suggest("darts", {}).empty());
}
