-module(hot_deploy_term_tests).
-include_lib("eunit/include/eunit.hrl").

what_can_be_written_down_reads_back_equal_test() ->
    Term = #{'Elixir.A' => [1, {two, <<"three">>}, "four", #{b => 2.5, a => []}], x => fun lists:map/2},
    #{portable := true, closures := [], text := Text} = hot_deploy_term:describe(Term),
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text) ++ "."),
    {ok, Read} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Read, []),
    ?assertEqual(Term, Value).

pids_references_ports_and_closures_cannot_test() ->
    [Port | _] = erlang:ports(),
    [?assertNot(hot_deploy_term:portable([{key, Value}])) || Value <- [self(), make_ref(), Port, fun() -> ok end]].

two_processes_describe_the_same_spec_alike_test() ->
    Describe = fun() -> hot_deploy_term:describe({start, [self(), make_ref()]}) end,
    Parent = self(),
    spawn_link(fun() -> Parent ! {other, Describe()} end),
    Other = receive {other, Description} -> Description end,
    ?assertEqual(Describe(), Other).

a_closure_names_the_module_whose_code_it_needs_test() ->
    Inner = fun() -> ok end,
    #{closures := Closures} = hot_deploy_term:describe([fun() -> Inner end]),
    ?assertEqual([?MODULE], Closures).

improper_lists_are_no_obstacle_test() ->
    ?assertMatch(#{portable := true, text := <<"[a|b]">>}, hot_deploy_term:describe([a | b])).

fingerprints_tell_equal_from_different_and_only_with_the_same_salt_test() ->
    Print = fun hot_deploy_term:fingerprint/2,
    ?assertEqual(Print(#{a => 1, b => 2}, <<"salt">>), Print(#{b => 2, a => 1}, <<"salt">>)),
    ?assertNotEqual(Print(secret, <<"salt">>), Print(other, <<"salt">>)),
    ?assertNotEqual(Print(secret, <<"salt">>), Print(secret, <<"pepper">>)).

a_large_term_is_told_by_its_digest_and_cannot_be_written_down_test() ->
    Large = lists:seq(1, 100000),
    #{portable := false, text := Text} = hot_deploy_term:describe(Large),
    ?assert(byte_size(Text) < 100),
    ?assertEqual(Text, maps:get(text, hot_deploy_term:describe(lists:seq(1, 100000)))),
    ?assertNotEqual(Text, maps:get(text, hot_deploy_term:describe(lists:seq(2, 100000)))).

a_time_since_the_vm_began_is_the_same_in_a_sketch_of_any_boot_test() ->
    {Mega, Second, _} = Stamp = os:timestamp(),
    Utc = calendar:universal_time(),
    {{Year, Month, Day}, {Hour, Minute, Seconds}} = Utc,
    Struct = #{'__struct__' => 'Elixir.DateTime', year => Year, month => Month, day => Day, hour => Hour, minute => Minute,
               second => Seconds, microsecond => {7, 6}},
    Times = [Stamp, Struct, Mega * 1000000 + Second, erlang:system_time() / 1.0e9]
        ++ [Ask(Unit) || Ask <- [fun erlang:system_time/1, fun erlang:monotonic_time/1],
                           Unit <- [second, millisecond, microsecond, nanosecond]],
    [?assertEqual({Time, <<"{a,['<time>']}">>}, {Time, hot_deploy_term:sketch({a, [Time]}, <<>>)}) || Time <- Times],
    {Date, Clock} = calendar:local_time(),
    [?assertEqual(<<"[a,{'<time>'},'<time>',b]">>, hot_deploy_term:sketch([a, Utc, Each, Of, b], <<>>)) || {Each, Of} <- [Utc, {Date, Clock}]].

another_time_or_number_is_not_test() ->
    Others = [0, -1, 2026, 1.5, erlang:system_time(second) - 86400, {1, 2, 3}, {a, 2, 3}, {{2000, 2, 30}, {1, 2, 3}},
              {{2000, 1, 1}, {0, 0, 0}}, {{1, 1, 1}, {0, 0, 0}}, {{1, x, 3}, {1, 2, 3}}, #{year => 2000}, "text", <<"text">>, [a | b]],
    [?assertEqual({Other, nomatch}, {Other, binary:match(hot_deploy_term:sketch({a, [Other]}, <<>>), <<"time">>)}) || Other <- Others].
