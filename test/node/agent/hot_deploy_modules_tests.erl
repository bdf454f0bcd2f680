-module(hot_deploy_modules_tests).
-include_lib("eunit/include/eunit.hrl").
-export([shop/1, shop/2, on/2, switch/2, states/2, stands/2, alive/2, without_loops/1]).

shop(Test) -> shop(hot_deploy_shop:versions(), Test).
shop(Versions, Test) -> shop(Versions, [], Test).
shop(Versions, Flags, Test) -> {timeout, 120, fun() -> hot_deploy_shop:within(Versions, Flags, Test) end}.

%% The second version with another source of one module, or without it.
second(Module, Source) ->
    {Old, New} = hot_deploy_shop:versions(),
    {Old, lists:keystore(Module, 1, New, {Module, Source})}.

without(Modules, Versions) -> [Each || {Module, _} = Each <- Versions, not lists:member(Module, Modules)].

on(Peer, Call) -> hot_deploy_shop:on(Peer, Call).
check(Peer, Request) -> told(on(Peer, {hot_deploy_modules, check, [Request]})).
switch(Peer, Request) -> told(on(Peer, {hot_deploy_modules, apply, [Request]})).

%% Whatever is answered can be told as JSON.
told(Answer) ->
    _ = hot_deploy_json:encode(Answer),
    Answer.
start(Peer) -> on(Peer, {hot_deploy_shop, start, []}).
states(Peer, Started) -> on(Peer, {hot_deploy_shop, states, [Started]}).
stands(Peer, Request) -> maps:with([code, path, suspended], on(Peer, {hot_deploy_modules, stands, [Request]})).
alive(Peer, Pids) -> lists:all(fun(Pid) -> on(Peer, {erlang, is_process_alive, [Pid]}) end, Pids).
text(Pid) -> list_to_binary(pid_to_list(Pid)).
named(Notes) -> lists:sort([Pid || #{pid := Pid} <- Notes]).

%% Whoever stays in the code that is old then closes the way back.
without_loops(Peer) ->
    Started = start(Peer),
    [true = on(Peer, {erlang, exit, [Pid, kill]}) || Pid <- maps:values(maps:with([local, remote, task], Started))],
    maps:without([local, remote, task], Started).

%% Of a node where nothing has changed.
untouched(Peer, Request, Started) ->
    ?assertEqual(#{code => from, path => from, suspended => []}, stands(Peer, Request)),
    ?assert(alive(Peer, maps:values(Started))),
    Servers = maps:with([server, child, machine, special, events, hibernates, entered_server, entered_machine], Started),
    ?assertEqual([{1, {1, none}}], lists:usort(maps:values(states(Peer, Servers)))).

every_process_goes_on_in_the_code_that_it_can_take_up_test_() ->
    shop(fun(Peer, From, To) ->
        Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        ?assertMatch(#{reasons := [], held := 10, unanswering := []}, check(Peer, Up)),
        ?assertMatch(#{result := applied, held := 10, loaded := 7, notResumed := []}, switch(Peer, Up)),
        ?assertEqual(#{code => to, path => to, suspended => []}, stands(Peer, Up)),
        Taken = {2, {1, {up, 1}}},
        States = states(Peer, Started),
        ?assertEqual(#{
            server => Taken, child => Taken, machine => Taken, events => Taken, special => Taken, entered_server => Taken,
            entered_machine => Taken, hibernates => Taken, sup => {2, alive}, view => {any, {1, {up, 1}}},
            %% The function that it was started with is none that the behaviour would call.
            agent => {any, {1, none}},
            %% It waits where it waited: the old code answers once more. The one that calls itself remotely comes to the new.
            local => {1, {1, none}}, remote => {1, {1, none}}, task => {1, {1, none}}
        }, States),
        ?assertMatch(#{local := {1, _}, remote := {2, _}, task := {2, _}}, states(Peer, Started)),
        ?assertMatch(#{result := applied, held := 0, loaded := 0}, switch(Peer, Up)),
        ?assertEqual([[]], lists:usort([element(2, on(Peer, {erlang, process_info, [Pid, messages]})) || Pid <- maps:values(Started)]))
    end).

the_same_way_leads_back_test_() ->
    shop(fun(Peer, From, To) ->
        #{local := Loop} = All = start(Peer),
        true = on(Peer, {erlang, exit, [Loop, kill]}),
        Started = maps:remove(local, All),
        Up = hot_deploy_shop:request(From, To),
        Down = hot_deploy_shop:request(To, From, down),
        #{result := applied} = switch(Peer, Up),
        _ = states(Peer, maps:with([task, remote], Started)),
        ?assertMatch(#{result := applied, held := 10}, switch(Peer, Down)),
        ?assertEqual(#{code => from, path => from, suspended => []}, stands(Peer, Up)),
        Taken = {1, {1, {down, 1}}},
        ?assertMatch(#{server := Taken, child := Taken, machine := Taken, events := Taken, entered_server := Taken,
                       entered_machine := Taken, hibernates := Taken, sup := {1, alive}, view := {any, {1, {down, 1}}}},
                     states(Peer, Started)),
        _ = states(Peer, maps:with([task, remote], Started)),
        ?assertMatch(#{result := applied, held := 10}, switch(Peer, Up)),
        ?assert(alive(Peer, maps:values(Started)))
    end).

one_that_is_too_busy_to_stand_still_keeps_all_as_it_was_test_() ->
    shop(fun(Peer, From, To) ->
        #{server := Busy} = Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        ok = on(Peer, {gen_server, cast, [Busy, {sleep, 2000}]}),
        #{unanswering := Unanswering} = check(Peer, Up),
        ?assertEqual([text(Busy)], named(Unanswering)),
        #{result := refused, why := process_not_answering, processes := Named} = switch(Peer, Up),
        ?assertEqual([text(Busy)], named(Named)),
        timer:sleep(1500),
        untouched(Peer, Up, Started),
        ?assertMatch(#{result := applied}, switch(Peer, Up))
    end).

one_that_waits_for_a_socket_is_named_if_it_has_a_state_to_take_over_test_() ->
    shop(fun(Peer, From, To) ->
        #{server := Server} = Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        {Plain, Holder} = on(Peer, {hot_deploy_shop, reads, [Server]}),
        #{result := refused, processes := Named} = switch(Peer, Up),
        ?assertEqual([text(Server)], named(Named)),
        ?assertMatch(#{code := from, suspended := []}, stands(Peer, Up)),
        %% The plain one, which no system message reaches, is in nobody's way: it ends in the code that it was in.
        close = on(Peer, {erlang, send, [Holder, close]}),
        untouched(Peer, Up, Started),
        ?assertMatch(#{result := applied}, switch(Peer, Up)),
        ?assertEqual({1, {error, closed}}, on(Peer, {hot_deploy_shop, state, [reads, Plain]}))
    end).

whoever_still_runs_the_oldest_of_three_versions_is_named_and_lives_test_() ->
    shop(fun(Peer, From, To) ->
        #{local := Loop, server := Server} = Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        #{result := applied} = switch(Peer, Up),
        Root = filename:dirname(filename:dirname(filename:dirname(From))),
        Third = hot_deploy_shop:request(To, hot_deploy_shop:release(Root, "shop-3", hot_deploy_shop:changed("3"))),
        #{reasons := [#{module := shop_loop, why := draining, processes := Named}]} = check(Peer, Third),
        ?assert(lists:member(text(Loop), named(Named))),
        ?assertMatch(#{result := refused, why := modules}, switch(Peer, Third)),
        ?assertMatch(#{code := to, suspended := []}, stands(Peer, Up)),
        ?assert(alive(Peer, maps:values(Started))),
        true = on(Peer, {erlang, exit, [Loop, kill]}),
        _ = states(Peer, maps:with([task, remote], Started)),
        ?assertMatch(#{result := applied}, switch(Peer, Third)),
        ?assertEqual({3, {1, {up, 2}}}, maps:get(server, states(Peer, #{server => Server})))
    end).

a_code_change_that_fails_undoes_everything_test_() ->
    {_, New} = hot_deploy_shop:versions(),
    Fails = lists:append(string:replace(proplists:get_value(shop_handler, New), "code_change(V, {N, _}, _) -> {ok, {N, {up, V}}}", "code_change(V, {1, _}, _) -> exit({secret, V})")),
    shop(second(shop_handler, Fails), fun(Peer, From, To) ->
        #{events := Events} = Started = without_loops(Peer),
        Up = hot_deploy_shop:request(From, To),
        #{result := undone, why := code_change_failed, processes := [#{why := Why}] = Named} = switch(Peer, Up),
        ?assertEqual([text(Events)], named(Named)),
        ?assertEqual(nomatch, binary:match(Why, <<"{1,none}">>)),
        untouched(Peer, Up, Started),
        ?assertEqual({any, {1, none}}, maps:get(view, states(Peer, Started))),
        ?assertEqual(filename:join(From, "shop_server.beam"), on(Peer, {code, which, [shop_server]})),
        %% Old code that nobody is in is no longer there: what comes next is not held up.
        ?assertEqual(false, on(Peer, {erlang, check_old_code, [shop_loop]}))
    end).

what_stands_against_it_is_told_for_each_module_test_() ->
    {Old, New} = hot_deploy_shop:versions(),
    OnLoad = lists:keystore(shop_loop, 1, New, {shop_loop, "-on_load(begins/0).\nbegins() -> ok.\n"}),
    shop({Old, lists:keystore(shop_added, 1, OnLoad, {shop_added, "f() -> 1.\n"})}, fun(Peer, From, To) ->
        Started = start(Peer),
        #{parts := [#{modules := Modules} = Part]} = Up = hot_deploy_shop:request(From, To),
        %% Patched by hand, and a file that is not what the plan has seen.
        {ok, Beam} = file:read_file(filename:join(To, "shop_view.beam")),
        Other = hot_deploy_shop:changed("7"),
        Hand = hot_deploy_shop:release(filename:dirname(filename:dirname(filename:dirname(From))), "by-hand", [lists:keyfind(shop_view, 1, Other)]),
        {ok, Patch} = file:read_file(filename:join(Hand, "shop_view.beam")),
        {module, _} = on(Peer, {code, load_binary, [shop_view, "by hand", Patch]}),
        ok = file:write_file(filename:join(To, "shop_sup.beam"), Beam),
        %% crypto has a library of its own; lists lies in a sticky directory.
        Loaded = fun(Module) -> {ok, {_, Digest}} = beam_lib:md5(code:which(Module)), binary:encode_hex(Digest) end,
        Others = [{atom_to_list(Module), Loaded(Module), <<"00">>} || Module <- [crypto, lists]],
        {module, crypto} = on(Peer, {code, ensure_loaded, [crypto]}),
        #{reasons := Reasons} = Check = check(Peer, Up#{parts := [Part#{modules := Modules ++ Others}]}),
        Found = lists:usort([{Module, Why} || #{module := Module, why := Why} <- Reasons]),
        ?assertEqual([], [{crypto, nif}, {lists, sticky}, {shop_loop, on_load}, {shop_sup, file}, {shop_view, patched}] -- Found),
        ?assertEqual(false, maps:is_key(shop_added, Check)),
        #{result := refused} = switch(Peer, Up),
        ?assertMatch(#{suspended := []}, stands(Peer, Up)),
        ?assert(alive(Peer, maps:values(Started)))
    end).

added_and_deleted_modules_come_and_go_test_() ->
    {Old, New} = hot_deploy_shop:versions(),
    Gone = {shop_gone, "waits() -> receive {get, To} -> To ! {self(), {1, here}} end.\n"},
    Later = fun(Version) -> {shop_later, "f() -> " ++ Version ++ ".\n"} end,
    [{Mode, shop({[Gone, Later("1") | Old], [{shop_added, "f() -> 1.\n"}, Later("2") | New]}, ["-mode", Mode], fun(Peer, From, To) ->
        #{server := Server} = maps:with([server], start(Peer)),
        Up = hot_deploy_shop:request(From, To),
        Waits = on(Peer, {erlang, spawn, [shop_gone, waits, []]}),
        %% As it is where nobody has called it yet.
        true = on(Peer, {code, delete, [shop_later]}),
        false = on(Peer, {code, purge, [shop_later]}),
        #{result := applied, deleted := [shop_gone], staying := Staying} = switch(Peer, Up),
        ?assertEqual([text(Waits)], named(Staying)),
        ?assertEqual(Mode =:= "embedded", on(Peer, {erlang, module_loaded, [shop_added]})),
        ?assertEqual(Mode =:= "embedded", on(Peer, {erlang, module_loaded, [shop_later]})),
        ?assertEqual(false, on(Peer, {erlang, module_loaded, [shop_gone]})),
        ?assertEqual({1, 2}, {on(Peer, {shop_added, f, []}), on(Peer, {shop_later, f, []})}),
        ?assertEqual(filename:dirname(To), on(Peer, {code, lib_dir, [shop]})),
        ?assertEqual({1, here}, on(Peer, {hot_deploy_shop, state, [reads, Waits]})),
        ?assertEqual({2, {1, {up, 1}}}, on(Peer, {hot_deploy_shop, state, [server, Server]})),
        %% And back.
        Down = hot_deploy_shop:request(To, From, down),
        [true = on(Peer, {erlang, exit, [Pid, kill]}) || #{pid := Text, modules := [shop_loop]} <- maps:get(staying, check(Peer, Down)),
                                                         Pid <- [on(Peer, {erlang, list_to_pid, [binary_to_list(Text)]})]],
        on(Peer, {hot_deploy_node, unload_old, [#{modules => [shop_loop], kill => true}]}),
        ?assertMatch(#{result := applied, deleted := [shop_added]}, switch(Peer, Down)),
        ?assertEqual(#{code => from, path => from, suspended => []}, stands(Peer, Up)),
        ?assertEqual(filename:dirname(From), on(Peer, {code, lib_dir, [shop]}))
    end)} || Mode <- ["embedded", "interactive"]].

a_module_that_goes_while_a_server_runs_it_is_told_test_() ->
    {Old, New} = hot_deploy_shop:versions(),
    shop({Old, without([shop_server], New)}, fun(Peer, From, To) ->
        Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        #{reasons := [#{module := shop_server, why := used, processes := Named}]} = check(Peer, Up),
        ?assert(lists:member(text(maps:get(server, Started)), named(Named))),
        ?assertMatch(#{result := refused}, switch(Peer, Up)),
        untouched(Peer, Up, Started)
    end).

settings_become_the_new_releases_but_what_was_set_stays_test_() ->
    shop(fun(Peer, From, To) ->
        ok = on(Peer, {application, load, [shop]}),
        ok = on(Peer, {application, set_env, [shop, set, here]}),
        Up = hot_deploy_shop:request(From, To),
        ?assertMatch(#{result := applied, configChange := ok}, switch(Peer, Up)),
        ?assertEqual({ok, "1+AB"}, on(Peer, {application, get_key, [shop, vsn]})),
        ?assertEqual([{release, "shop-1+AB"}, {set, here}], lists:sort(on(Peer, {application, get_all_env, [shop]}))),
        ?assertMatch(#{result := applied}, switch(Peer, hot_deploy_shop:request(To, From, down))),
        ?assertEqual({ok, "1"}, on(Peer, {application, get_key, [shop, vsn]})),
        ?assertEqual([{release, "shop-1"}, {set, here}], lists:sort(on(Peer, {application, get_all_env, [shop]}))),
        Given = Up#{environment => [{shop, [{release, given}]}]},
        ?assertMatch(#{result := applied}, switch(Peer, Given)),
        ?assertEqual([{release, given}], on(Peer, {application, get_all_env, [shop]}))
    end).

where_somebody_stays_in_the_old_code_a_code_change_that_fails_cannot_be_undone_test_() ->
    {_, New} = hot_deploy_shop:versions(),
    Fails = lists:append(string:replace(proplists:get_value(shop_handler, New), "code_change(V, {N, _}, _) -> {ok, {N, {up, V}}}", "code_change(_, {N, _}, _) -> exit(N)")),
    shop(second(shop_handler, Fails), fun(Peer, From, To) ->
        #{local := Loop, remote := Remote, task := Task} = Started = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        #{staying := Stays} = check(Peer, Up),
        ?assertEqual(lists:sort([text(Pid) || Pid <- [Loop, Remote, Task]]), named(Stays)),
        #{result := stuck, why := code_change_failed, staying := Staying} = switch(Peer, Up),
        ?assert(lists:member(text(Loop), named(Staying))),
        ?assertEqual(#{code => to, path => to, suspended => []}, stands(Peer, Up)),
        ?assertMatch(#{server := {2, {1, {up, 1}}}, events := {2, {1, none}}}, states(Peer, maps:with([server, events], Started))),
        ?assert(alive(Peer, maps:values(Started)))
    end).

a_process_that_somebody_else_holds_stays_held_test_() ->
    shop(fun(Peer, From, To) ->
        #{server := Server} = start(Peer),
        Up = hot_deploy_shop:request(From, To),
        ok = on(Peer, {sys, suspend, [Server]}),
        ?assertMatch(#{suspended := [_]}, check(Peer, Up)),
        ?assertMatch(#{result := applied, held := 10}, switch(Peer, Up)),
        ?assertEqual([text(Server)], named(maps:get(suspended, stands(Peer, Up)))),
        ok = on(Peer, {sys, resume, [Server]}),
        ?assertEqual({2, {1, {up, 1}}}, on(Peer, {hot_deploy_shop, state, [server, Server]}))
    end).

%% As hot-deploy asks for it: with the configuration of a cold boot, and what is told of the node afterwards.
install(Peer, #{parts := Parts} = Request, To) ->
    Loads = [list_to_atom(Name) || #{modules := Modules} <- Parts, {Name, _, _} <- Modules],
    Whole = Request#{to => To, loads => Loads, updates => [], gone => [], config => #{environment => []}, baseline => [], salt => <<>>},
    told(on(Peer, {hot_deploy_install, install, [Whole]})).

runs(Peer) -> element(2, on(Peer, {hot_deploy_node, running_release, []})).

the_node_tells_the_release_that_its_code_is_of_test_() ->
    shop(fun(Peer, From, To) ->
        _ = without_loops(Peer),
        Booted = runs(Peer),
        #{result := installed, identity := #{version := <<"2">>}, remaining := [], held := 10} =
            install(Peer, hot_deploy_shop:request(From, To), "2"),
        ?assertEqual("2", runs(Peer)),
        #{result := installed} = install(Peer, hot_deploy_shop:request(To, From, down), Booted),
        ?assertEqual(Booted, runs(Peer))
    end).

a_release_handler_is_told_what_runs_test_() ->
    shop(fun(Peer, _, _) ->
        {ok, _} = on(Peer, {application, ensure_all_started, [sasl]}),
        Known = fun() -> lists:sort([{Version, Status} || {"shop", Version, _, Status} <- on(Peer, {release_handler, which_releases, []})]) end,
        ok = on(Peer, {hot_deploy_shop, know, [[{"1", permanent}, {"2", unpacked}, {"3", unpacked}]]}),
        ok = on(Peer, {hot_deploy_records, runs, ["2"]}),
        ?assertEqual([{"1", permanent}, {"2", current}, {"3", unpacked}], Known()),
        ok = on(Peer, {hot_deploy_records, runs, ["3"]}),
        ?assertEqual([{"1", permanent}, {"2", old}, {"3", current}], Known()),
        ok = on(Peer, {hot_deploy_records, runs, ["1"]}),
        ?assertEqual([{"1", permanent}, {"2", old}, {"3", old}], Known())
    end).

a_switch_that_is_refused_leaves_what_the_node_tells_test_() ->
    shop(fun(Peer, From, To) ->
        Booted = runs(Peer),
        #{parts := [#{modules := [{Name, _, New} | Others]} = Part]} = Up = hot_deploy_shop:request(From, To),
        Patched = Up#{parts := [Part#{modules := [{Name, New, New} | Others]}]},
        Other = binary:copy(<<"0">>, 32),
        Wrong = Patched#{parts := [Part#{modules := [{Name, Other, New} | Others]}]},
        _ = start(Peer),
        #{result := refused, why := Why} = install(Peer, Wrong, "2"),
        ?assertEqual(iolist_to_binary([Name, " (patched)"]), Why),
        ?assertEqual(Booted, runs(Peer))
    end).
