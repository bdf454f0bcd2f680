-module(hot_deploy_switch_tests).
-include_lib("eunit/include/eunit.hrl").
-import(hot_deploy_modules_tests, [shop/1, shop/2, on/2, switch/2, states/2, stands/2, alive/2, without_loops/1]).

%% Whoever is killed at whatever step: nobody stays suspended, and all modules and states are of one version.
killed_at_every_step_test_() ->
    {timeout, 300, fun() -> hot_deploy_shop:within(hot_deploy_shop:versions(), fun(Peer, From, To) ->
        Started = without_loops(Peer),
        Up = hot_deploy_shop:request(From, To),
        Down = hot_deploy_shop:request(To, From, down),
        Steps = [{hot_deploy_set, plan, 1}, {hot_deploy_set, prepare, 2}, {hot_deploy_running, find, 2}, {hot_deploy_hold, hold, 2},
                 {hot_deploy_paths, exchange, 1}, {code, finish_loading, 1}, {hot_deploy_environment, exchange, 2}, {hot_deploy_hold, change, 3},
                 {hot_deploy_undo, forward, 1}, {hot_deploy_hold, forget, 1}, {hot_deploy_hold, resume, 1}],
        [begin
            Request = case stands(Peer, Up) of #{code := from} -> Up; #{code := to} -> Down end,
            ?assertEqual(ended, on(Peer, {hot_deploy_shop, killed, [Request, Whom, Step]})),
            #{code := Side} = Stands = stands(Peer, Up),
            ?assertEqual({Whom, Step, #{code => Side, path => Side, suspended => []}}, {Whom, Step, Stands}),
            States = lists:usort(maps:values(states(Peer, maps:without([agent, view, sup, special], Started)))),
            case Side of
                from -> ?assertMatch({Whom, Step, [{1, {1, Was}}]} when Was =:= none; Was =:= {down, 1}, {Whom, Step, States});
                to -> ?assertMatch({Whom, Step, [{2, {1, {up, 1}}}]}, {Whom, Step, States})
            end
        end || _ <- [1, 2], Step <- Steps, Whom <- [caller, worker, watcher]],
        ?assert(alive(Peer, maps:values(Started)))
    end) end}.

%% Servers come and go all the time. One that has begun in the old code has its state taken over, however late it came.
who_begins_meanwhile_is_of_one_version_test_() ->
    {Old, New} = hot_deploy_shop:versions(),
    Begins = {shop_server, lists:append(string:replace(proplists:get_value(shop_server, New), "init(N) -> {ok, {N, none}}", "init(N) -> {ok, {N, new}}"))},
    shop({Old, lists:keystore(shop_server, 1, New, Begins)}, fun(Peer, From, To) ->
        Crowd = on(Peer, {hot_deploy_shop, crowd, []}),
        timer:sleep(1000),
        Up = hot_deploy_shop:request(From, To),
        Down = hot_deploy_shop:request(To, From, down),
        [begin
            #{result := applied, notMigrated := Late} = switch(Peer, Request),
            States = on(Peer, {hot_deploy_shop, crowded, [Crowd]}),
            ?assert(length(States) > 50),
            %% The newer code alone could take the state of one over that has begun as it went: that one is told.
            Strange = [State || State <- States, not lists:member(State, Allowed)],
            ?assertMatch({_, true}, {Strange, length(Strange) =< length(Late)})
        end || _ <- lists:seq(1, 10),
               {Request, Allowed} <- [{Up, [{2, {1, new}}, {2, {1, {up, 1}}}]}, {Down, [{1, {1, none}}, {1, {1, {down, 1}}}]}]],
        ?assertMatch(#{suspended := []}, stands(Peer, Up))
    end).

%% As it comes into a node of production: by load_binary, and nobody but the one who asked would take it away.
the_agent_leaves_when_the_one_who_asked_was_killed_test_() ->
    shop(fun(Peer, From, To) ->
        Started = without_loops(Peer),
        Up = hot_deploy_shop:request(From, To),
        Own = filename:dirname(code:which(hot_deploy_set)),
        Agent = [list_to_atom(filename:basename(File, ".beam")) || File <- filelib:wildcard(Own ++ "/hot_deploy_*.beam")] -- [hot_deploy_shop],
        [begin
             {ok, Beam} = file:read_file(code:which(Module)),
             {module, Module} = on(Peer, {code, load_binary, [Module, "hot_deploy", Beam]}),
             on(Peer, {code, purge, [Module]})
         end || Module <- Agent],
        ended = on(Peer, {hot_deploy_shop, killed, [Up, caller, {code, finish_loading, 1}]}),
        timer:sleep(500),
        ?assertEqual([], [Module || Module <- Agent, on(Peer, {erlang, module_loaded, [Module]})]),
        ?assert(alive(Peer, maps:values(Started))),
        ?assertEqual({2, {1, {up, 1}}}, maps:get(server, states(Peer, maps:with([server], Started))))
    end).
