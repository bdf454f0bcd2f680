%% Funs that are kept where no process is seen to hold them. Once the code they were made in is dropped, calling one is
%% `badfun`, and nothing tells before: check_process_code/2 looks at processes alone.
-module(hot_deploy_funs).
-export([kept/1]).

%% Milliseconds, and objects of one table: more than that is data, and looking through it would be felt.
-define(PATIENCE, 3000).
-define(MOST, 10000).

%% Where funs made in these modules are kept: persistent terms, tables, settings.
-spec kept([module()]) -> #{kept := hot_deploy_json:json(), unseen := hot_deploy_json:json()}.
kept([]) ->
    #{kept => [], unseen => []};
kept(Modules) ->
    {Worker, Monitor} = spawn_monitor(fun() -> exit({found, look(sets:from_list(Modules, [{version, 2}]))}) end),
    receive
        {'DOWN', Monitor, process, Worker, {found, Found}} -> Found;
        {'DOWN', Monitor, process, Worker, _} -> #{kept => [], unseen => [<<"tables and persistent terms">>]}
    after ?PATIENCE ->
        exit(Worker, kill),
        demonitor(Monitor, [flush]),
        #{kept => [], unseen => [<<"tables and persistent terms: there are too many">>]}
    end.

look(Modules) ->
    Terms = [found("persistent term ~0tp", [hot_deploy_term:stable(Key)], Value, Modules) || {Key, Value} <- persistent_term:get()],
    Settings = [found("setting ~ts:~0tp", [Application, Key], Value, Modules)
                || {Application, _, _} <- application:loaded_applications(),
                   {Key, Value} <- application:get_all_env(Application)],
    %% ac_tab is where the settings lie.
    Tables = [table(Table, Modules) || Table <- ets:all(), Table =/= ac_tab],
    #{
        kept => lists:append(Terms ++ Settings ++ [Found || {found, Found} <- Tables]),
        unseen => [text("table ~0tp", [name(Table)]) || {unseen, Table} <- Tables]
    }.

found(Format, Arguments, Value, Modules) ->
    [#{place => text(Format, Arguments), module => Module}
     || Module <- lists:usort(hot_deploy_term:closures(Value)), sets:is_element(Module, Modules)].

%% A private table cannot be read by others, and one can end at any time.
table(Table, Modules) ->
    try {ets:info(Table, protection), ets:info(Table, size)} of
        {private, _} -> {found, []};
        {_, Size} when is_integer(Size), Size > ?MOST -> {unseen, Table};
        _ ->
            Used = ets:foldl(fun(Object, All) -> hot_deploy_term:closures(Object) ++ All end, [], Table),
            {found, [#{place => text("table ~0tp", [name(Table)]), module => Module}
                     || Module <- lists:usort(Used), sets:is_element(Module, Modules)]}
    catch
        error:badarg -> {found, []}
    end.

%% The reference of an unnamed one says nothing to anybody.
name(Table) ->
    case ets:info(Table, name) of
        undefined -> gone;
        Name -> Name
    end.

text(Format, Arguments) -> unicode:characters_to_binary(io_lib:format(Format, Arguments)).
