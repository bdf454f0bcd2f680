-module(hot_deploy_port_tests).
-include_lib("eunit/include/eunit.hrl").

run(Argv, Input) -> run(Argv, Input, #{}).
run(Argv, Input, More) ->
    hot_deploy_port:run(maps:merge(#{argv => Argv, environment => [], timeout => 5_000, most => 1_000_000}, More), Input).

sh(Script) -> [<<"sh">>, <<"-c">>, Script].

gives_input_and_tells_outputs_apart_test() ->
    Bytes = <<0, 255, "\r\n", 128>>,
    ?assertEqual({3, Bytes, <<"odd\n">>}, run(sh(<<"cat; echo odd >&2; exit 3">>), Bytes)).

a_program_that_reads_nothing_ends_all_the_same_test() ->
    ?assertEqual({0, <<"x\n">>, <<>>}, run([<<"echo">>, <<"x">>], binary:copy(<<"much">>, 500_000))).

words_come_as_they_are_test() ->
    Odd = <<"$(id) 'a' \"b\" \\ *">>,
    ?assertEqual({0, <<Odd/binary, "\n">>, <<>>}, run([<<"printf">>, <<"%s\\n">>, Odd], <<>>)).

has_the_variables_it_is_given_test() ->
    More = #{environment => [{<<"ODD">>, <<"a 'b'">>}]},
    ?assertEqual({0, <<"a 'b'">>, <<>>}, run(sh(<<"printf %s \"$ODD\"">>), <<>>, More)).

large_outputs_come_whole_test() ->
    {0, Output, <<>>} = run(sh(<<"head -c 900000 /dev/zero">>), <<>>),
    ?assertEqual(900_000, byte_size(Output)).

what_has_no_end_is_given_up_test() ->
    ?assertThrow(too_long, run(sh(<<"cat /dev/zero">>), <<>>)),
    ?assertThrow(timeout, run(sh(<<"sleep 2">>), <<>>, #{timeout => 100})),
    {0, <<>>, Errors} = run(sh(<<"head -c 900000 /dev/zero >&2">>), <<>>, #{most => 1_000}),
    ?assertEqual(1_000, byte_size(Errors)).

leaves_nothing_behind_test() ->
    Before = filelib:wildcard("/dev/shm/.hot-deploy-*"),
    run([<<"true">>], <<"secret">>),
    ?assertEqual(Before, filelib:wildcard("/dev/shm/.hot-deploy-*")).

%% Each in a process of its own, as erpc has it: its output goes another way from then on.
evaluate(Source) ->
    {_, Monitor} = spawn_monitor(fun() -> exit({answered, hot_deploy_port:evaluate(#{}, Source)}) end),
    receive {'DOWN', Monitor, process, _, {answered, Answer}} -> Answer end.

evaluates_source_and_answers_what_it_prints_test() ->
    ?assertEqual({0, <<>>, <<>>}, evaluate(<<"ok.">>)),
    Source = <<"io:put_chars(\"\\na\"),io:put_chars([<<\"b\">>,8364]),io:format(\"~ts ~b\",[[228],1]),io:get_line(\"\").">>,
    ?assertEqual({0, <<"\na", "b€ä 1"/utf8>>, <<>>}, evaluate(Source)),
    {1, <<"a">>, Crashed} = evaluate(<<"io:put_chars(\"a\"),error(lost).">>),
    ?assertMatch({match, _}, re:run(Crashed, "lost")),
    {1, <<>>, Wrong} = evaluate(<<"io:put_chars(">>),
    ?assertNotEqual(<<>>, Wrong).

tells_since_when_it_runs_test() ->
    Started = hot_deploy_port:started(),
    {Uptime, _} = erlang:statistics(wall_clock),
    ?assert(abs(erlang:system_time(millisecond) - Uptime - Started) < 1_000).
