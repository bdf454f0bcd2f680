%% What is done by hand, on a node that runs, and what comes of it. docs/by-hand.md tells what takes its place.
-module(hot_deploy_by_hand_tests).
-include_lib("eunit/include/eunit.hrl").
-import(hot_deploy_modules_tests, [shop/1, on/2, switch/2, states/2, alive/2]).

start(Peer) -> on(Peer, {hot_deploy_shop, start, []}).

%% What IEx's `l` does, and what a loop over `code:load_file` does without the purge: each module by itself.
by_hand(Peer, Directory, How) ->
    [on(Peer, Each) || Module <- hot_deploy_shop:modules(Directory), Each <- How(Module, filename:join(Directory, atom_to_list(Module)))].

l(Module, File) -> [{code, purge, [Module]}, {code, load_abs, [File]}].
load(_, File) -> [{code, load_abs, [File]}].

third(From) ->
    Root = filename:dirname(filename:dirname(filename:dirname(From))),
    hot_deploy_shop:release(Root, "shop-3", hot_deploy_shop:changed("3")).

%% `code:load_file`, or `l`, of each module: a server answers by the new code with the state that the old one left.
code_that_is_loaded_takes_no_state_over_test_() ->
    shop(fun(Peer, _, To) ->
        #{server := Server} = start(Peer),
        by_hand(Peer, To, fun load/2),
        ?assertEqual(#{server => {2, {1, none}}}, states(Peer, #{server => Server}))
    end).

%% `sys:suspend`, `sys:change_code`, `sys:resume` after that: of the processes of a module only the one that was thought of.
one_process_of_many_is_brought_over_test_() ->
    shop(fun(Peer, _, To) ->
        #{server := Server, child := Child} = start(Peer),
        by_hand(Peer, To, fun load/2),
        ok = on(Peer, {sys, suspend, [Server]}),
        ok = on(Peer, {sys, change_code, [Server, shop_server, undefined, []]}),
        ok = on(Peer, {sys, resume, [Server]}),
        #{server := {2, Taken}, child := {2, Left}} = states(Peer, #{server => Server, child => Child}),
        ?assertMatch({1, {up, _}}, Taken),
        ?assertEqual({1, none}, Left)
    end).

%% A second `l`: whoever still runs the oldest code is killed, and nobody is told.
the_third_version_kills_test_() ->
    shop(fun(Peer, From, To) ->
        #{local := Loop} = start(Peer),
        by_hand(Peer, To, fun l/2),
        ?assert(alive(Peer, [Loop])),
        by_hand(Peer, third(From), fun l/2),
        ?assertNot(alive(Peer, [Loop]))
    end).

%% The same by hot-deploy: nobody dies, and the third version waits for the one who is in the first.
nobody_is_killed_by_hot_deploy_test_() ->
    shop(fun(Peer, From, To) ->
        #{local := Loop, server := Server, child := Child} = start(Peer),
        #{result := applied} = switch(Peer, hot_deploy_shop:request(From, To)),
        Taken = {2, {1, {up, 1}}},
        ?assertEqual(#{server => Taken, child => Taken}, states(Peer, #{server => Server, child => Child})),
        ?assertMatch(#{result := refused}, switch(Peer, hot_deploy_shop:request(To, third(From)))),
        ?assert(alive(Peer, [Loop]))
    end).

%% `for each of nodes(): rpc:call(Node, code, add_patha, ...), rpc:call(Node, code, load_file, ...)` from a hidden node, as it is
%% handed around: `nodes()` is empty there, also once it is connected, so it does nothing. With the node's name, the path is one of
%% another machine, and both errors are dropped.
a_hidden_node_changes_nothing_test_() ->
    Flags = fun(Name) -> ["-sname", Name ++ os:getpid(), "-setcookie", "by_hand"] end,
    {timeout, 60, fun() ->
        hot_deploy_shop:within(hot_deploy_shop:versions(), Flags("shop"), fun(Shop, _, _) ->
            Started = maps:with([server], start(Shop)),
            hot_deploy_shop:node(["-hidden" | Flags("spread")], fun(Hidden) ->
                Name = on(Shop, {erlang, node, []}),
                true = on(Hidden, {net_kernel, connect_node, [Name]}),
                ?assertEqual([Name], on(Hidden, {erlang, nodes, [hidden]})),
                ?assertEqual([], on(Hidden, {erlang, nodes, []})),
                ?assertEqual({error, bad_directory}, on(Hidden, {rpc, call, [Name, code, add_patha, ["/only/here/ebin"]]})),
                ?assertEqual({error, nofile}, on(Hidden, {rpc, call, [Name, code, load_file, [only_here]]}))
            end),
            ?assertMatch(#{server := {1, {1, none}}}, states(Shop, Started))
        end)
    end}.

%% The words by which the node is usually made hidden are none that OTP knows.
the_words_for_a_hidden_node_are_none_test() ->
    ?assertError(function_clause, net_kernel:start([{hidden, 'spread@127.0.0.1'}, secret])).
