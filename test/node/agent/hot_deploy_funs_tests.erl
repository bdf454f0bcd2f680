-module(hot_deploy_funs_tests).
-include_lib("eunit/include/eunit.hrl").

kept(Modules) ->
    #{kept := Kept} = hot_deploy_funs:kept(Modules),
    [Place || #{place := Place} <- Kept].

a_closure_in_a_table_is_found_test() ->
    Number = rand:uniform(),
    Table = ets:new(hot_deploy_kept, [named_table, public]),
    ets:insert(Table, {handler, [{deep, fun(X) -> X + Number end}]}),
    ?assertEqual([<<"table hot_deploy_kept">>], kept([?MODULE])),
    ?assertEqual([], kept([lists])),
    ets:delete(Table).

a_closure_in_a_persistent_term_is_found_test() ->
    Number = rand:uniform(),
    persistent_term:put({?MODULE, formatter}, fun(X) -> X + Number end),
    ?assertEqual([<<"persistent term {hot_deploy_funs_tests,formatter}">>], kept([?MODULE])),
    persistent_term:erase({?MODULE, formatter}).

a_closure_in_a_setting_is_found_test() ->
    Number = rand:uniform(),
    application:set_env(stdlib, hot_deploy_kept, #{filter => fun(X) -> X + Number end}),
    ?assertEqual([<<"setting stdlib:hot_deploy_kept">>], kept([?MODULE])),
    application:unset_env(stdlib, hot_deploy_kept).

a_capture_of_an_exported_function_always_calls_the_newest_code_test() ->
    Table = ets:new(hot_deploy_kept, [named_table, public]),
    ets:insert(Table, {handler, fun ?MODULE:test/0}),
    ?assertEqual([], kept([?MODULE])),
    ets:delete(Table).

what_nobody_else_may_read_is_passed_over_test() ->
    Number = rand:uniform(),
    Owner = self(),
    Pid = spawn_link(fun() ->
        Table = ets:new(hot_deploy_kept, [private]),
        ets:insert(Table, {1, fun() -> Number end}),
        Owner ! ready,
        receive stop -> ok end
    end),
    receive ready -> ok end,
    ?assertEqual([], kept([?MODULE])),
    Pid ! stop.

a_table_that_is_too_large_to_look_through_is_named_test() ->
    Table = ets:new(hot_deploy_large, [named_table, public]),
    ets:insert(Table, [{Key, x} || Key <- lists:seq(1, 10001)]),
    #{unseen := Unseen} = hot_deploy_funs:kept([?MODULE]),
    ?assert(lists:member(<<"table hot_deploy_large">>, Unseen)),
    ets:delete(Table).
