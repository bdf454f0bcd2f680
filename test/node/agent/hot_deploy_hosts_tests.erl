-module(hot_deploy_hosts_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(gen_server).
-behaviour(?MODULE).
-callback mount(term(), term(), term()) -> ok.
-export([init/1, handle_call/3, handle_cast/2, code_change/3, mount/3]).

%% As Phoenix's channels do: one server module for all, which says whom it runs and passes code_change on.
init(Hosted) ->
    put('$initial_call', {Hosted, mount, 3}),
    {ok, {Hosted, old}}.
handle_call(get, _, State) -> {reply, State, State}.
handle_cast(_, State) -> {noreply, State}.
code_change(Version, {Hosted, old}, _) -> {ok, {Hosted, {from, Version}}};
code_change(_, {Hosted, refuses}, _) -> {error, {Hosted, refuses}}.
mount(_, _, _) -> ok.

host(Test) ->
    {ok, Pid} = gen_server:start_link(?MODULE, ?MODULE, []),
    try Test(Pid) after gen_server:stop(Pid) end.

a_server_that_says_whom_it_runs_is_found_and_migrated_test() ->
    host(fun(Pid) ->
        Hosts = hot_deploy_hosts:of_modules([?MODULE]),
        ?assertEqual([{Pid, ?MODULE}], Hosts),
        ok = sys:suspend(Pid),
        ?assertEqual({[], [{Pid, {?MODULE, old}}]}, hot_deploy_hosts:migrate(Hosts, #{?MODULE => 7}, 1000)),
        ok = sys:resume(Pid),
        ?assertEqual({?MODULE, {from, 7}}, gen_server:call(Pid, get))
    end).

after_a_switch_that_was_refused_it_has_the_state_that_it_had_test() ->
    host(fun(Pid) ->
        ok = sys:suspend(Pid),
        {[], States} = hot_deploy_hosts:migrate([{Pid, ?MODULE}], #{?MODULE => {down, 7}}, 1000),
        ok = hot_deploy_hosts:restore(States),
        ok = sys:resume(Pid),
        ?assertEqual({?MODULE, old}, gen_server:call(Pid, get))
    end).

one_that_cannot_take_its_state_over_is_told_and_goes_on_test() ->
    host(fun(Pid) ->
        sys:replace_state(Pid, fun({Hosted, old}) -> {Hosted, refuses} end),
        ok = sys:suspend(Pid),
        ?assertEqual({[{Pid, ?MODULE}], []}, hot_deploy_hosts:migrate([{Pid, ?MODULE}], #{}, 1000)),
        ok = sys:resume(Pid),
        ?assertEqual({?MODULE, refuses}, gen_server:call(Pid, get))
    end).

an_agent_names_the_function_that_it_was_started_with_and_is_none_test() ->
    host(fun(Pid) ->
        sys:replace_state(Pid, fun(State) -> put('$initial_call', {?MODULE, host, 1}), State end),
        ?assertEqual([], hot_deploy_hosts:of_modules([?MODULE]))
    end).

a_task_of_the_module_is_none_test() ->
    Task = proc_lib:spawn(fun() -> put('$initial_call', {?MODULE, mount, 3}), receive stop -> ok end end),
    timer:sleep(20),
    ?assertEqual([], hot_deploy_hosts:of_modules([?MODULE])),
    Task ! stop.

those_that_have_ended_are_told_test() ->
    host(fun(Pid) ->
        Gone = spawn(fun() -> ok end),
        timer:sleep(20),
        ?assertEqual([list_to_binary(pid_to_list(Gone))],
                     hot_deploy_hosts:ended(#{pids => [pid_to_list(Pid), pid_to_list(Gone)]}))
    end).
