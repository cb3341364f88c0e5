# The program's own options, unknown commands, and where its output goes.

expect_exit 0 "$SAAE" --help
expect_output 'usage: saae COMMAND'
expect_output_matching '^  version +print the version'
expect_exit 0 "$SAAE" help
expect_output 'usage: saae COMMAND'

expect_exit 0 "$SAAE" --version
expect_output_matching '^saae [0-9]+\.[0-9]+\.[0-9]+ \(.+\), with(out)? OpenCL'
expect_exit 0 "$SAAE" version
expect_output_matching '^saae [0-9]'

expect_exit 2 "$SAAE"
expect_no_output
expect_error 'saae: no command given'
expect_exit 2 "$SAAE" nonsense
expect_no_output
expect_error "saae: unknown command 'nonsense'; 'saae --help' lists them"
expect_exit 2 "$SAAE" help nonsense
expect_error "unknown command 'nonsense'"
expect_exit 2 "$SAAE" --nonsense
expect_exit 2 "$SAAE" version --nonsense
expect_error "unknown option --nonsense; see 'saae version --help'"
expect_exit 2 "$SAAE" version extra
expect_error "'extra' is one argument too many"

# Every command that is listed explains itself, by both ways, with an example.
for command in $("$SAAE" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p'); do
    expect_exit 0 "$SAAE" "$command" --help
    expect_output "usage: saae $command"
    expect_output 'Example:'
    cp "$TEMP/.last/output" "$TEMP/by-option"
    expect_exit 0 "$SAAE" help "$command"
    cp "$TEMP/.last/output" "$TEMP/by-help"
    expect "help $command and $command --help agree" cmp "$TEMP/by-option" "$TEMP/by-help"
    cut -c 91- "$TEMP/by-option" | grep . >"$TEMP/too-wide"
    expect "help of $command fits 90 columns" test ! -s "$TEMP/too-wide"
done

# A full disk behind standard output is seen.
expect_exit 5 bash -c "'$SAAE' --help >/dev/full"
expect_error 'saae: cannot write to standard output'
