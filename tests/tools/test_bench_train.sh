# bench/train.sh: its options, and its table from runs of a few steps.

expect_exit 0 bench/train.sh --help
expect_output '--steps N'
expect_exit 2 bench/train.sh --quickly
expect_error 'unknown option --quickly'
expect_exit 2 bench/train.sh --turns
expect_error '--turns needs a value'
expect_exit 3 env BUILD="$TEMP" bench/train.sh
expect_error "run 'make'"

has_opencl || exit 0
[ -d /usr/share/datasets/fashion-mnist ] || skip_all 'dataset-fashion-mnist: not installed'
expect_exit 0 bench/train.sh --preset tiny --batch 8 --steps 20 --turns 1
for step in 1 2 3; do
    expect_output_matching "^step $step +[0-9.]+ +[0-9.]+  [0-9.]+\$"
done
expect_exit 3 bench/train.sh --preset tiny --batch 8 --steps 10 --turns 1 --data "idx:$TEMP"
