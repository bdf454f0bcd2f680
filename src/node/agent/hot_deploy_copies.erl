%% States of processes that run, tried out on the new code where nobody is served. A few of each kind are copied on the
%% one node and migrated on the other; what they hold is never printed.
-module(hot_deploy_copies).
-export([take/1, migrate/1]).

%% Of each kind, and words of memory: copying a large state would be felt.
-define(EACH, 3).
-define(LARGEST, 4 * 1024 * 1024).
-define(PATIENCE, 500).
-define(MIGRATION, 5000).

%% Copies of the states of processes with these callback modules, each as text.
-spec take(#{modules := [module()]}) -> hot_deploy_json:json().
take(#{modules := Modules}) ->
    Kinds = maps:groups_from_list(
        fun({Place, _, Module}) -> {Place, Module} end,
        [{Place, Pid, Module} || {Place, Pid} <- hot_deploy_facts:workers(),
                                 Module <- [hot_deploy_facts:callback(Pid)],
                                 lists:member(Module, Modules)]),
    Chosen = [Process || {_, Processes} <- maps:to_list(Kinds), Process <- some(Processes), is_small(element(2, Process))],
    Places = maps:from_list([{Pid, {Place, Module}} || {Place, Pid, Module} <- Chosen]),
    Answers = hot_deploy_check:answer(maps:keys(Places), fun(Pid) -> sys:get_state(Pid, ?PATIENCE) end),
    [begin
         {Place, Module} = maps:get(Pid, Places),
         #{place => Place, module => Module, copy => base64:encode(term_to_binary({version(Module), State}, [compressed]))}
     end || {Pid, {ok, State}} <- Answers].

%% The first, the last and one in between: they were started at different times.
some(Processes) when length(Processes) =< ?EACH -> Processes;
some(Processes) -> [hd(Processes), lists:nth(length(Processes) div 2, Processes), lists:last(Processes)].

is_small(Pid) ->
    case process_info(Pid, memory) of
        {memory, Bytes} -> Bytes =< ?LARGEST;
        undefined -> false
    end.

%% What release_handler gives to code_change.
version(Module) ->
    case proplists:get_value(vsn, Module:module_info(attributes)) of
        [Version] -> Version;
        Other -> Other
    end.

%% The shape that this node's code_change brings each copy into, or how it failed.
-spec migrate(#{copies := [{binary(), module(), binary()}]}) -> hot_deploy_json:json().
migrate(#{copies := Copies}) ->
    [(migrated(Module, binary_to_term(base64:decode(Copy))))#{place => Place, module => Module} || {Place, Module, Copy} <- Copies].

migrated(Module, {Version, State}) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({migrated, changed(Module, Version, State)}) end),
    receive
        {'DOWN', Monitor, process, Worker, {migrated, New}} ->
            maps:merge(#{shape => hot_deploy_facts:shape(New)}, declared(New));
        {'DOWN', Monitor, process, Worker, Reason} ->
            #{failed => kind(Reason)}
    after ?MIGRATION ->
        exit(Worker, kill),
        #{failed => <<"it took longer than 5 s">>}
    end.

changed(Module, Version, State) ->
    case {erlang:function_exported(Module, code_change, 3), erlang:function_exported(Module, code_change, 4), State} of
        {true, _, _} ->
            {ok, New} = Module:code_change(Version, State, []),
            New;
        {false, true, {Name, Data}} ->
            {ok, NewName, NewData} = Module:code_change(Version, Name, Data, []),
            {NewName, NewData};
        _ ->
            special(Module, Version, State)
    end.

%% As sys asks a process that speaks its protocol itself.
special(Module, Version, State) ->
    case erlang:function_exported(Module, system_code_change, 4) of
        true ->
            {ok, New} = Module:system_code_change(State, Module, Version, []),
            New;
        false ->
            State
    end.

%% Of a struct the new code itself says what it has to have.
declared(#{'__struct__' := Struct}) when is_atom(Struct) ->
    case erlang:function_exported(Struct, '__struct__', 0) of
        true -> #{declared => hot_deploy_facts:shape(Struct:'__struct__'())};
        false -> #{}
    end;
declared(_) ->
    #{}.

%% The reason carries the state: only what failed is told.
kind({Reason, [{Module, Function, Arity, _} | _]}) when is_atom(Reason) ->
    text("~0tp in ~ts:~ts/~b", [Reason, Module, Function, arity(Arity)]);
kind({{Reason, _}, [{Module, Function, Arity, _} | _]}) when is_atom(Reason) ->
    text("~0tp in ~ts:~ts/~b", [Reason, Module, Function, arity(Arity)]);
kind(_) ->
    <<"it crashed">>.

arity(Arguments) when is_list(Arguments) -> length(Arguments);
arity(Arity) -> Arity.

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).
