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
