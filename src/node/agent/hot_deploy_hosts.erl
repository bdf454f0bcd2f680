%% Processes of a framework that run a module of somebody else's: Phoenix's channels and LiveViews say in `$initial_call` whom
%% they run, and their supervisor knows them as the framework's. release_handler would load the module under them and neither
%% hold nor migrate them.
-module(hot_deploy_hosts).
-export([of_modules/1, is_callback/2, migrate/3, restore/1, refresh/1, ended/1]).

-define(REFRESHED, "1.1").

%% Those that run one of these modules: a generic server whose `$initial_call` is a callback of a behaviour that the module
%% declares. An Agent names the function that it was started with, which is none.
-spec of_modules([module()]) -> [{pid(), module()}].
of_modules([]) -> [];
of_modules(Modules) ->
    Known = maps:from_keys(Modules, true),
    [{Pid, Module} || Pid <- erlang:processes(),
                      {Module, Function, Arguments} <- [proc_lib:initial_call(Pid)],
                      Function =/= init,
                      is_map_key(Module, Known),
                      is_callback(Module, {Function, length(Arguments)}),
                      is_generic(Pid)].

%% Whether it is one of a behaviour that the module declares.
-spec is_callback(module(), {atom(), arity()}) -> boolean().
is_callback(Module, Callback) ->
    Attributes = Module:module_info(attributes),
    Behaviours = lists:append(proplists:get_all_values(behaviour, Attributes) ++ proplists:get_all_values(behavior, Attributes)),
    lists:any(fun(Behaviour) ->
        erlang:function_exported(Behaviour, behaviour_info, 1) andalso
            lists:member(Callback, Behaviour:behaviour_info(callbacks))
    end, Behaviours).

%% A task, too, is known by what it was started with, and hears no system message.
is_generic(Pid) ->
    case process_info(Pid, current_stacktrace) of
        {current_stacktrace, Stack} -> lists:keymember(gen_server, 1, Stack) orelse hibernates(Pid);
        undefined -> false
    end.

hibernates(Pid) -> process_info(Pid, current_function) =:= {current_function, {erlang, hibernate, 3}}.

%% Asks those that are suspended to take their state over. A framework passes that on to the module, if it has the function.
%% Versions are those before the switch. Answers those that could not, and the states of the others as they were.
-spec migrate([{pid(), module()}], #{module() => term()}, timeout()) -> {[{pid(), module()}], [{pid(), term()}]}.
migrate(Hosts, Versions, Timeout) ->
    Asked = [{Pid, Module} || {Pid, Module} <- Hosts, erlang:function_exported(Module, code_change, 3)],
    Answers = hot_deploy_check:answer(
        [Pid || {Pid, _} <- Asked],
        fun(Pid) ->
            Module = proplists:get_value(Pid, Asked),
            State = sys:get_state(Pid, Timeout),
            %% Whatever is refused may hold the state, which no log may tell.
            case catch sys:change_code(Pid, Module, maps:get(Module, Versions, undefined), [], Timeout) of
                ok -> State;
                _ -> exit(refused)
            end
        end),
    Failed = [{Pid, proplists:get_value(Pid, Asked)} || {Pid, failed} <- Answers, is_process_alive(Pid)],
    {Failed, [{Pid, State} || {Pid, {ok, State}} <- Answers]}.

%% Gives those that are still suspended the states back that they had.
-spec restore([{pid(), term()}]) -> ok.
restore(States) ->
    _ = hot_deploy_check:answer(
        [Pid || {Pid, _} <- States],
        fun(Pid) ->
            State = proplists:get_value(Pid, States),
            sys:replace_state(Pid, fun(_) -> State end),
            ok
        end),
    ok.

%% An open page shows what the old code has rendered until something happens on it. LiveView renders everything anew for the one
%% who reloads code in development, from 1.1 on; a page that stays open in production is no different.
-spec refresh([{pid(), module()}]) -> ok.
refresh(Hosts) ->
    case application:get_key(phoenix_live_view, vsn) of
        {ok, Version} when Version >= ?REFRESHED ->
            [Pid ! {phoenix_live_reload, <<"hot-deploy">>, <<>>} || {Pid, _} <- Hosts, is_live_view(Pid)];
        _ -> []
    end,
    ok.

%% Those of the processes that are gone by now.
-spec ended(#{pids := [string()]}) -> hot_deploy_json:json().
ended(#{pids := Pids}) ->
    [list_to_binary(Pid) || Pid <- Pids, not is_process_alive(list_to_pid(Pid))].

is_live_view(Pid) ->
    case proc_lib:initial_call(Pid) of
        {_, mount, _} -> true;
        _ -> false
    end.
