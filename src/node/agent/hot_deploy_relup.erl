%% The relup, made by OTP's systools on the new release's own runtime, with what systools cannot know
%% put in: consolidated protocols belong to the release, not to any application.
-module(hot_deploy_relup).
-export([make/1]).

%% A release is given by its .rel file without the extension; old directories are searched for what
%% only the old release has. Protocols are those whose consolidated module differs, and directories are
%% where they lie on the node. Joined are the code directories of applications that only the new release has. The helper is
%% the file of hot_deploy_step on the node, without its extension. Answers the relup as text and the warnings of systools in
%% its own words.
%%
%% Exchanged are the applications that change, with the appup of each. A version is placed under a name of its own where
%% other code has taken the directory that it would have: systools and release_handler tell it by that name. Moved are the
%% others that lie in such a directory, by the directory of their code here.
-spec make(#{
    new := string(), old := string(), path := [string()],
    exchanged := [{Name :: atom(), Old :: placed(), New :: placed(), Appup :: string()}],
    moved := [{Name :: atom(), placed()}],
    new_protocols := protocols(), old_protocols := protocols(), joined := [string()], helper := string()
}) -> hot_deploy_json:json().
-type placed() :: {Ebin :: string(), Version :: string(), As :: string()}.
-type protocols() :: #{directory := string() | none, modules := [string()]}.
make(#{new := New, old := Old, path := Wildcards, joined := Joined, exchanged := Exchanged, moved := Moved, helper := Helper,
       new_protocols := NewProtocols, old_protocols := OldProtocols}) ->
    %% Of a release without a runtime of its own the applications of OTP are those of this VM.
    Installed = filename:join(code:lib_dir(), "*/ebin"),
    Path = lists:append([filelib:wildcard(Wildcard) || Wildcard <- Wildcards ++ [Installed]]),
    %% systools itself is part of the release (sasl) and lies on no path of a VM that booted start_clean.
    ok = code:add_pathsz(Path),
    Root = string:trim(os:cmd("mktemp -d")),
    Stays = [{Name, specified(filename:join(Root, "both"), Name, Placed), Placed} || {Name, Placed} <- Moved],
    Olds = [{Name, specified(filename:join(Root, "old"), Name, Placed), Placed} || {Name, Placed, _, _} <- Exchanged],
    News = [{Name, specified(filename:join(Root, "new"), Name, Placed), Placed} || {Name, _, Placed, _} <- Exchanged],
    [ok = appup(File, filename:join(Directory, lists:concat([Name, ".appup"])), From, To)
     || {{Name, From, To, File}, {_, Directory, _}} <- lists:zip(Exchanged, News)],
    OldRel = rel(Old, filename:join(Root, "old"), Stays ++ Olds),
    NewRel = rel(New, filename:join(Root, "new"), Stays ++ News),
    Directories = [Directory || {_, Directory, _} <- Stays ++ Olds ++ News],
    case systools:make_relup(NewRel, [OldRel], [OldRel], [{path, Directories ++ Path}, noexec, silent]) of
        {ok, {Version, [{From, UpText, UpMade}], [{From, DownText, DownMade}]}, Module, Warnings} ->
            {Up, Down} = {gently(UpMade), gently(DownMade)},
            Relup = {Version,
                [{From, UpText, helped(switch(Up, NewProtocols, OldProtocols), Helper)}],
                [{From, DownText, helped(switch(Down, OldProtocols, NewProtocols), Helper) ++ left(Joined)}]},
            #{
                relup => text(io_lib:format("%% coding: utf-8~n~tp.~n", [Relup])),
                restarts => restarts(Up) orelse restarts(Down),
                up => script(Up),
                down => script(Down),
                warnings => [text(Module:format_warning([Warning])) || Warning <- Warnings]
            };
        {error, Module, Error} ->
            throw({refused, relup_failed, text(Module:format_error(Error))})
    end.

%% A specification for systools alone, in a directory that comes first on its path. It knows the modules of an application
%% only from there, and refuses an appup that names another: so all are listed that there are.
specified(Root, Name, {Ebin, _, As}) ->
    {ok, [{application, Name, Properties}]} = file:consult(filename:join(Ebin, lists:concat([Name, ".app"]))),
    Listed = proplists:get_value(modules, Properties, []),
    Modules = lists:usort(Listed ++ [list_to_atom(Module) || {Module, _} <- hot_deploy_release:beams(Ebin)]),
    Directory = filename:join([Root, Name, "ebin"]),
    Written = lists:foldl(fun({Key, _} = Property, Left) -> lists:keystore(Key, 1, Left, Property) end,
                          Properties, [{vsn, As}, {modules, Modules}]),
    ok = filelib:ensure_dir(filename:join(Directory, Name)),
    ok = written(filename:join(Directory, lists:concat([Name, ".app"])), {application, Name, Written}),
    Directory.

%% Who tells supervisors of their children comes with the release, and is there only for as long as it takes.
helped(Script, Helper) ->
    case lists:splitwith(fun({apply, {hot_deploy_step, _, _}}) -> false; (_) -> true end, Script) of
        {_, []} ->
            Script;
        {Before, After} ->
            Gone = [{apply, {code, Function, [hot_deploy_step]}} || Function <- [purge, delete, purge]],
            Before ++ [{apply, {code, load_abs, [Helper]}}] ++ After ++ Gone
    end.

%% An appup says the versions, and systools looks for the names under which they are placed.
appup(File, Copy, {_, From, FromAs}, {_, To, ToAs}) ->
    case {From =:= FromAs andalso To =:= ToAs, file:consult(File)} of
        {false, {ok, [{_, Ups, Downs}]}} ->
            Ways = [[{FromAs, Script} || {ok, Script} <- [systools_relup:appup_search_for_version(From, Scripts)]]
                    || Scripts <- [Ups, Downs]],
            written(Copy, list_to_tuple([ToAs | Ways]));
        {_, {error, enoent}} ->
            ok;
        _ ->
            {ok, _} = file:copy(File, Copy),
            ok
    end.

rel(Base, Directory, Placed) ->
    {ok, [{release, Release, Erts, Applications}]} = file:consult(Base ++ ".rel"),
    Named = [case lists:keyfind(element(1, Application), 1, Placed) of
                 {_, _, {_, _, As}} -> setelement(2, Application, As);
                 false -> Application
             end || Application <- Applications],
    Copy = filename:join(Directory, filename:basename(Base)),
    ok = filelib:ensure_dir(Copy),
    ok = written(Copy ++ ".rel", {release, Release, Erts, Named}),
    Copy.

written(File, Term) -> file:write_file(File, unicode:characters_to_binary(io_lib:format("%% coding: utf-8~n~tp.~n", [Term]))).

%% systools adds the directories of applications that join to the code path, and never takes them off.
left(Directories) -> [{apply, {code, del_path, [Directory]}} || Directory <- Directories].

restarts(Script) ->
    lists:any(fun(Instruction) -> lists:member(Instruction, [restart_emulator, restart_new_emulator]) end, Script).

%% Whatever purge an appup names, or leaves to the default, nobody is killed by the switch: what becomes of those that
%% stay in old code is decided later. And a module goes last: another application may call it until its own new code is
%% there, and the process that runs it may be ended only behind the switch, by an apply. Where a module is removed to be
%% loaded again, its application is restarted, and that stays as it is.
gently(Script) ->
    Loads = [Module || {load, {Module, _, _}} <- Script],
    Goes = fun(Module) -> not lists:member(Module, Loads) end,
    Removes = [Module || {remove, {Module, _, _}} <- Script, Goes(Module)],
    lists:append([gently(Instruction, Goes) || Instruction <- Script]) ++
        [{remove, {Module, soft_purge, soft_purge}} || Module <- unique(Removes)].

gently({load, {Module, _, _}}, _) ->
    [{load, {Module, soft_purge, soft_purge}}];
gently({remove, {Module, _, _}} = Instruction, Goes) ->
    [Instruction || not Goes(Module)];
gently({purge, Modules}, Goes) ->
    case [Module || Module <- Modules, not Goes(Module)] of
        [] -> [];
        Left -> [{purge, Left}]
    end;
gently(Instruction, _) ->
    [Instruction].

unique([Module | Modules]) -> [Module | unique([Other || Other <- Modules, Other =/= Module])];
unique([]) -> [].

%% What a script does, by the names of the modules. `migrates` tells whose code_change is called: that of the version
%% which the script has loaded by then, or of the one before.
script(Script) ->
    #{
        instructions => [text(io_lib:format("~0tp", [Instruction])) || Instruction <- Script],
        loads => [Module || {load, {Module, _, _}} <- Script],
        removes => [Module || {remove, {Module, soft_purge, soft_purge}} <- Script],
        holds => unique([module(Each) || {suspend, Modules} <- Script, Each <- Modules]),
        migrates => migrates(Script, []),
        restarts => [Application || {apply, {application, stop, [Application]}} <- Script,
                                    {apply, {application, start, [Started | _]}} <- Script,
                                    Started =:= Application],
        applies => length([apply || {apply, {Module, _, _}} <- Script, Module =/= application])
    }.

module({Module, _}) -> Module;
module(Module) -> Module.

migrates([{load, {Module, _, _}} | Script], Loaded) -> migrates(Script, [Module | Loaded]);
migrates([{code_change, _, Modules} | Script], Loaded) -> migrates([{code_change, Modules} | Script], Loaded);
migrates([{code_change, Modules} | Script], Loaded) ->
    [#{module => Module, loaded => lists:member(Module, Loaded)} || {Module, _} <- Modules] ++ migrates(Script, Loaded);
migrates([_ | Script], Loaded) -> migrates(Script, Loaded);
migrates([], _) -> [].

%% Protocols change hands with the modules: after the last load and before the first process runs on, so that
%% nobody sees new data with an old protocol.
switch(Script, To, From) ->
    case lists:splitwith(fun(Instruction) -> not resumes(Instruction) end, Script) of
        {_, []} ->
            {After, Before} = lists:splitwith(fun(Instruction) -> not switches(Instruction) end, lists:reverse(Script)),
            lists:reverse(Before) ++ protocols(To, From) ++ lists:reverse(After);
        {Before, After} ->
            Before ++ protocols(To, From) ++ After
    end.

resumes({resume, _}) -> true;
resumes(_) -> false.

switches({load, _}) -> true;
switches({remove, _}) -> true;
switches(point_of_no_return) -> true;
switches(_) -> false.

%% The old directory leaves the code path even where no protocol differs: it would stay first for ever.
protocols(#{directory := To, modules := Modules}, #{directory := From}) ->
    [{apply, {code, del_path, [From]}} || From =/= none] ++
        [{apply, {code, add_patha, [To]}} || To =/= none] ++
        [Instruction || To =/= none, Module <- Modules, Instruction <- exchange(Module, filename:join(To, Module))].

%% The code server loads nothing over old code, and nobody hears of it: what the last exchange left has to go first.
exchange(Module, File) ->
    Purge = {apply, {code, soft_purge, [list_to_atom(Module)]}},
    [Purge, {apply, {code, load_abs, [File]}}, Purge].

text(Characters) -> unicode:characters_to_binary(Characters).
