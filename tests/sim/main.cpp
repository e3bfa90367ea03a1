// The simulator as a program: ./sundog sim.
#include "tests/sim/scenarios/scenarios.hpp"

int main(int argc, char** argv) {
  return sundog::sim::simulate_main(sundog::sim::scenarios(), argc, argv);
}
