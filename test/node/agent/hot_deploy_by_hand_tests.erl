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
%% handed around: it has connected to nobody, so it does nothing, and says that it is done.
a_hidden_node_that_is_connected_to_nobody_does_nothing_test_() ->
    shop(fun(Peer, _, To) ->
        Spread = fun() ->
            [{rpc:call(Node, code, add_patha, [To]), rpc:call(Node, code, load_file, [shop_server])} || Node <- nodes()]
        end,
        ?assertEqual([], Spread()),
        #{server := Server} = start(Peer),
        ?assertMatch(#{server := {1, _}}, states(Peer, #{server => Server}))
    end).

%% And connected, with a path that is there only on the machine of the one who asks: both answers are errors, and dropped. `nodes()`
%% has no hidden connection in it all the same.
errors_of_a_spread_are_dropped_test_() ->
    shop(fun(Peer, _, _) ->
        #{server := Server} = start(Peer),
        ?assertEqual({error, bad_directory}, on(Peer, {code, add_patha, ["/only/here/ebin"]})),
        ?assertEqual({error, nofile}, on(Peer, {code, load_file, [shop_added_by_nobody]})),
        ?assertMatch(#{server := {1, _}}, states(Peer, #{server => Server}))
    end).

%% The words by which the node is usually made hidden are none that OTP knows.
the_words_for_a_hidden_node_are_none_test() ->
    ?assertError(function_clause, net_kernel:start([{hidden, 'spread@127.0.0.1'}, secret])).
