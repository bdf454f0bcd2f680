%% Processes by the module that they run as an OTP behaviour: found by what they do and what they say of themselves, never by
%% what a child specification claims.
-module(hot_deploy_running).
-export([find/1, find/2, begins/1, inside/2]).

%% A special process speaks sys's protocol itself.
-type kind() :: server | statem | event | supervisor | special.
-type found() :: {pid(), module(), kind()}.
%% Modules that take states over, each with the functions that it exports.
-type modules() :: #{module() => [{atom(), arity()}]}.
-export_type([kind/0, found/0, modules/0]).

%% Bytes of a process: to print the stack of a larger one would be felt.
-define(LARGE, 16 * 1024 * 1024).
%% Frames that the VM tells (the flag backtrace_depth, which cannot be asked for).
-define(DEPTH, 8).
%% Milliseconds, for an event manager.
-define(PATIENCE, 2000).

-spec find(modules()) -> [found()].
find(Modules) -> find(Modules, erlang:processes()).

-spec find(modules(), [pid()]) -> [found()].
find(Modules, Pids) when map_size(Modules) =:= 0; Pids =:= [] ->
    [];
find(Modules, Pids) ->
    Known = #{
        modules => Modules,
        %% As a stack prints them.
        printed => maps:from_list([{unicode:characters_to_binary(io_lib:format("~tw", [Module])), Module} || Module <- maps:keys(Modules)]),
        handlers => [Module || Module <- maps:keys(Modules), lists:member(gen_event, behaviours(Module))],
        %% GenStage, say, puts the module of somebody else's where a server's own would stand.
        frameworks => [Module || Module <- maps:keys(Modules), erlang:function_exported(Module, behaviour_info, 1)]
    },
    lists:append([[{Pid, Module, Kind} || {Module, Kind} <- runs(Pid, initial_call(Pid), Known), takes_over(Kind, maps:get(Module, Modules))]
                  || Pid <- Pids]).

initial_call(Pid) ->
    try proc_lib:initial_call(Pid)
    catch _:_ -> false
    end.

%% Whether a process has only just been started, so that it does not tell yet whom it runs.
-spec begins(pid()) -> boolean().
begins(Pid) ->
    case process_info(Pid, [initial_call, dictionary, current_stacktrace]) of
        [{initial_call, {proc_lib, init_p, _}}, {dictionary, Dictionary}, {current_stacktrace, Stack}] ->
            not lists:keymember('$initial_call', 1, Dictionary) orelse lists:keymember(init_it, 2, Stack);
        _ ->
            false
    end.

%% Whoever has no function to take a state over needs none.
takes_over(supervisor, _) -> true;
takes_over(statem, Functions) -> lists:member({code_change, 4}, Functions);
takes_over(special, Functions) -> lists:member({system_code_change, 4}, Functions);
takes_over(_, Functions) -> lists:member({code_change, 3}, Functions).

runs(_, false, _) ->
    [];
runs(_, {supervisor, Module, _}, #{modules := Modules}) ->
    [{Module, supervisor} || is_map_key(Module, Modules)];
runs(_, {gen_event, _, _}, #{handlers := []}) ->
    [];
runs(Pid, {gen_event, _, _}, #{handlers := Handlers}) ->
    [{Module, event} || Module <- installed(Pid), lists:member(Module, Handlers)];
runs(Pid, {Module, init, [_]}, #{modules := Modules, frameworks := Frameworks}) ->
    Runs = [Each || Each <- [Module], is_map_key(Each, Modules)] ++ [Each || Each <- Frameworks, lists:member(Each, behaviours(Module))],
    case Runs of
        [Run | _] -> in_loop(loop(Pid), Run, Module, Modules);
        [] -> []
    end;
runs(Pid, {Module, Function, Arguments}, #{modules := Modules} = Known) ->
    %% A channel or a LiveView says whom it runs; an Agent names the function that it was started with.
    Hosted = is_map_key(Module, Modules) andalso hot_deploy_hosts:is_callback(Module, {Function, length(Arguments)}),
    case loop(Pid) of
        {special, Special} -> [{Special, special} || is_map_key(Special, Modules)];
        unseen when Hosted -> [{Module, server}];
        Kind when Hosted, is_atom(Kind), Kind =/= none -> [{Module, Kind}];
        _ when Hosted -> [];
        Kind when Kind =:= server; Kind =:= statem -> entered(Pid, Kind, Known);
        _ -> []
    end.

in_loop({special, Special}, _, _, Modules) -> [{Special, special} || is_map_key(Special, Modules)];
in_loop(unseen, Run, Module, _) -> [{Run, Kind} || Kind <- declared(Module)];
in_loop(none, _, _, _) -> [];
in_loop(Kind, Run, _, _) -> [{Run, Kind}].

%% In which behaviour's loop a process is. One that hibernates or is held already shows nothing of it.
loop(Pid) ->
    case process_info(Pid, current_stacktrace) of
        {current_stacktrace, Stack} ->
            case {[Kind || {Behaviour, Kind} <- [{gen_server, server}, {gen_statem, statem}], lists:keymember(Behaviour, 1, Stack)], Stack} of
                {[Kind | _], _} -> Kind;
                {[], []} -> unseen;
                {[], [{erlang, hibernate, _, _} | _]} -> unseen;
                {[], [{sys, _, _, _} | _]} -> unseen;
                {[], _} when length(Stack) >= ?DEPTH -> deep(Pid);
                {[], [{Top, _, _, _} | _]} -> special(Top)
            end;
        undefined ->
            none
    end.

deep(Pid) ->
    case frames(Pid) of
        [Frame | _] -> kind(Frame);
        [] -> none
    end.

special(Module) ->
    case erlang:function_exported(Module, system_continue, 3) of
        true -> {special, Module};
        false -> none
    end.

declared(Module) ->
    Behaviours = behaviours(Module),
    lists:sublist([Kind || {Behaviour, Kind} <- [{gen_statem, statem}, {gen_server, server}, {'Elixir.GenServer', server}],
                           lists:member(Behaviour, Behaviours)], 1).

behaviours(Module) ->
    Attributes = try Module:module_info(attributes) catch error:undef -> [] end,
    lists:append(proplists:get_all_values(behaviour, Attributes) ++ proplists:get_all_values(behavior, Attributes)).

%% An event manager is OTP's and may be asked.
installed(Pid) ->
    try lists:usort([Module || {Module, _, _} <- sys:get_state(Pid, ?PATIENCE)])
    catch exit:_ -> []
    end.

%% One that came by enter_loop: nothing tells its module but what its loop holds on the stack, the module by itself until OTP
%% 25, in callback_cache from 26 on, and in gen_statem's params.
entered(Pid, Kind, #{printed := Printed}) ->
    Held = [Name || Frame <- frames(Pid), kind(Frame) =:= Kind, Line <- binary:split(Frame, <<"\n">>, [global]), Name <- names(Line)],
    lists:sublist([{map_get(Name, Printed), Kind} || Name <- Held, is_map_key(Name, Printed)], 1).

names(Line) ->
    Atom = "([a-z][A-Za-z0-9_@]*|'[^']*')",
    Patterns = ["^y\\(\\d+\\) +" ++ Atom ++ "$", "^y\\(\\d+\\) +\\{callback_cache," ++ Atom ++ ",", "^y\\(\\d+\\) +\\{params,.*\\[" ++ Atom],
    lists:append([case re:run(Line, Pattern, [{capture, [1], binary}]) of
                      {match, Names} -> Names;
                      nomatch -> []
                  end || Pattern <- Patterns]).

frames(Pid) ->
    case process_info(Pid, memory) of
        {memory, Bytes} when Bytes =< ?LARGE ->
            case process_info(Pid, backtrace) of
                {backtrace, Text} -> [Frame || Frame <- binary:split(Text, <<"\n\n">>, [global]), kind(Frame) =/= none];
                undefined -> []
            end;
        _ -> []
    end.

%% Its first line names the function.
kind(Frame) ->
    [First | _] = binary:split(Frame, <<"\n">>),
    case {binary:match(First, <<"(gen_server:">>), binary:match(First, <<"(gen_statem:">>)} of
        {nomatch, nomatch} -> none;
        {nomatch, _} -> statem;
        {_, _} -> server
    end.

%% Those with a call of one of these modules that has not returned: they stay in the code that is loaded now. A fun that
%% somebody holds is not seen.
-spec inside(#{module() => term()}, [pid()]) -> [{pid(), [module()]}].
inside(Modules, Pids) ->
    [{Pid, Inside} || Pid <- Pids,
                      {current_stacktrace, Stack} <- [process_info(Pid, current_stacktrace)],
                      [_ | _] = Inside <- [lists:usort([Module || {Module, _, _, _} <- Stack, is_map_key(Module, Modules)])]].
